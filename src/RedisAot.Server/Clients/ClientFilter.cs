using System.Text;
using RedisAot.Resp;
using RedisAot.Server.Commands;

namespace RedisAot.Server.Clients;

/// <summary>The filters of CLIENT LIST and CLIENT KILL; a client must match all that are given.</summary>
internal sealed class ClientFilter
{
    private List<long>? _ids;
    private string? _type;
    private string? _address;
    private string? _localAddress;
    private string? _ip;
    private byte[]? _user;
    private byte[]? _name;
    private byte[]? _libraryName;
    private byte[]? _libraryVersion;
    private string? _flags;
    private long _minAgeSeconds = -1;
    private long _minIdleSeconds = -1;
    private long _database = -1;
    private bool _skipMe;

    /// <summary>A filter that leaves the caller out, or not, unless SKIPME says otherwise.</summary>
    public ClientFilter(bool skipMe) => _skipMe = skipMe;

    /// <summary>A filter on the peer's address alone.</summary>
    public static ClientFilter ByAddress(ReadOnlySpan<byte> address) => new(skipMe: false) { _address = Latin1(address) };

    /// <summary>Reads the filters from argument <paramref name="first"/> on; false when an error was replied.</summary>
    public bool TryParse(CommandContext c, int first, bool manyIds)
    {
        for (int i = first; i < c.ArgCount; i += 2)
        {
            if (i + 1 == c.ArgCount)
            {
                c.SyntaxError();
                return false;
            }
            if (c.ArgIs(i, "id"u8) && manyIds)
                return TryParseIds(c, i + 1);
            if (!TryParseOne(c, i))
                return false;
        }
        return true;
    }

    /// <summary>Whether the client matches.</summary>
    public bool Matches(Client client, Client caller, long nowMs)
    {
        if (_skipMe && client == caller)
            return false;
        if (_ids != null && !_ids.Contains(client.Id))
            return false;
        if (_type != null && _type != TypeOf(client))
            return false;
        if (_address != null && _address != client.Connection?.RemoteAddress)
            return false;
        if (_localAddress != null && _localAddress != client.Connection?.LocalAddress)
            return false;
        return MatchesSession(client) && MatchesTimes(client, nowMs);
    }

    private static string TypeOf(Client client) => client.IsMonitor || client.IsReplica ? "replica" : client.SubscriptionCount > 0 ? "pubsub" : "normal";

    private bool MatchesSession(Client client) =>
        (_ip == null || client.Connection?.RemoteAddress.StartsWith(_ip + ":", StringComparison.Ordinal) == true)
        && (_user == null || _user.AsSpan().SequenceEqual(client.User.Name))
        && (_name == null || _name.AsSpan().SequenceEqual(client.Name))
        && (_libraryName == null || _libraryName.AsSpan().SequenceEqual(client.LibraryName))
        && (_libraryVersion == null || _libraryVersion.AsSpan().SequenceEqual(client.LibraryVersion))
        && (_database < 0 || _database == client.Database.Id)
        && (_flags == null || _flags.All(ClientDescription.FlagsOf(client).Contains));

    private bool MatchesTimes(Client client, long nowMs) =>
        (_minAgeSeconds < 0 || (nowMs - client.CreatedMs) / 1000 >= _minAgeSeconds)
        && (_minIdleSeconds < 0 || (nowMs - client.LastInteractionMs) / 1000 >= _minIdleSeconds);

    private bool TryParseIds(CommandContext c, int first)
    {
        _ids = [];
        for (int i = first; i < c.ArgCount; i++)
        {
            if (!c.TryGetLong(i, out long id, "ERR Invalid client ID"u8))
                return false;
            _ids.Add(id);
        }
        return true;
    }

    private bool TryParseOne(CommandContext c, int i)
    {
        ReadOnlySpan<byte> value = c[i + 1];
        if (c.ArgIs(i, "id"u8))
            return TryParseId(c, i + 1);
        if (c.ArgIs(i, "type"u8))
            return TryParseType(c, value);
        if (c.ArgIs(i, "user"u8))
            return TryParseUser(c, value);
        if (c.ArgIs(i, "skipme"u8))
            return TryParseSkipMe(c, i + 1);
        if (c.ArgIs(i, "maxage"u8))
            return TryParseNumber(c, i + 1, out _minAgeSeconds);
        if (c.ArgIs(i, "idle"u8))
            return TryParseNumber(c, i + 1, out _minIdleSeconds);
        if (c.ArgIs(i, "db"u8))
            return TryParseNumber(c, i + 1, out _database);
        if (TryParseText(c, i, value))
            return true;
        c.SyntaxError();
        return false;
    }

    private bool TryParseText(CommandContext c, int i, ReadOnlySpan<byte> value)
    {
        if (c.ArgIs(i, "addr"u8))
            _address = Latin1(value);
        else if (c.ArgIs(i, "laddr"u8))
            _localAddress = Latin1(value);
        else if (c.ArgIs(i, "ip"u8))
            _ip = Latin1(value);
        else if (c.ArgIs(i, "name"u8))
            _name = value.ToArray();
        else if (c.ArgIs(i, "lib-name"u8))
            _libraryName = value.ToArray();
        else if (c.ArgIs(i, "lib-ver"u8))
            _libraryVersion = value.ToArray();
        else if (c.ArgIs(i, "flags"u8))
            _flags = Latin1(value);
        else
            return false;
        return true;
    }

    private bool TryParseId(CommandContext c, int i)
    {
        if (NumberText.TryParseLong(c[i], out long id) && id > 0)
        {
            _ids = [id];
            return true;
        }
        c.Reply.Error("ERR client-id should be greater than 0"u8);
        return false;
    }

    private bool TryParseType(CommandContext c, ReadOnlySpan<byte> value)
    {
        string type = Latin1(value).ToLowerInvariant();
        _type = type == "slave" ? "replica" : type;
        if (_type is "normal" or "replica" or "pubsub" or "master")
            return true;
        c.Reply.Error($"ERR Unknown client type '{Latin1(value)}'");
        return false;
    }

    private bool TryParseUser(CommandContext c, ReadOnlySpan<byte> value)
    {
        _user = value.ToArray();
        if (c.Server.Acl.Find(value) != null)
            return true;
        c.Reply.Error($"ERR No such user '{Latin1(value)}'");
        return false;
    }

    private bool TryParseSkipMe(CommandContext c, int i)
    {
        _skipMe = c.ArgIs(i, "yes"u8);
        if (_skipMe || c.ArgIs(i, "no"u8))
            return true;
        c.SyntaxError();
        return false;
    }

    private static bool TryParseNumber(CommandContext c, int i, out long value) => c.TryGetLong(i, out value);

    private static string Latin1(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
