using System.Runtime.CompilerServices;
using RedisAot.Resp;
using RedisAot.Server.Clients;
using RedisAot.Server.Execution;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>
/// What a handler sees of the command that runs. Commands run one at a time, so there is one context; a command that
/// runs others (EXEC) has the executor put its own fields back afterwards.
/// </summary>
public sealed class CommandContext
{
    // What errors quote of an argument.
    private const int MaxQuotedBytes = 128;

    private readonly HashSet<int> _redacted = [];

    internal CommandContext(RedisServer server)
    {
        Server = server;
        Effects = new Effects(server);
    }

    /// <summary>The whole server.</summary>
    public RedisServer Server { get; }

    /// <summary>Who called.</summary>
    public Client Client { get; internal set; } = null!;

    /// <summary>The client's selected database.</summary>
    public Database Db => Client.Database;

    /// <summary>The command that runs.</summary>
    public CommandRow Row { get; internal set; } = null!;

    /// <summary>The arguments, the command's name first.</summary>
    public ArgumentVector Arguments { get; internal set; } = null!;

    /// <summary>Number of arguments, the command's name included.</summary>
    public int ArgCount => Arguments.Count;

    /// <summary>Argument <paramref name="index"/>; the bytes are valid while the command runs.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Arguments[index];
    }

    /// <summary>Writes the reply.</summary>
    public ReplyWriter Reply { get; } = new();

    /// <summary>Whether the reply has outgrown client-output-buffer-limit; nothing of it will be sent, so long ones end early.</summary>
    public bool IsReplyLost => Reply.Buffer.IsOverMax;

    /// <summary>Unix time in ms, the same throughout a command.</summary>
    public long NowMs => Server.Clock.NowMs;

    /// <summary>
    /// Whether what is given this time of expiry, Unix ms, is to go at once. Not while loading: what follows in an append-only file
    /// counts on it, and says itself when it went.
    /// </summary>
    public bool IsPast(long unixMs) => unixMs <= NowMs && !Server.IsLoading;

    /// <summary>What the command changed and what follows from it.</summary>
    public Effects Effects { get; }

    /// <summary>Number of changes; a command that leaves it as it was is not propagated.</summary>
    public long Dirty
    {
        get => Effects.Dirty;
        set => Effects.Dirty = value;
    }

    /// <summary>Whether the command is run by EXEC.</summary>
    public bool InExec { get; internal set; }

    /// <summary>Whether a blocking command may block; where it may not, it acts as if its time were over at once.</summary>
    public bool MayBlock => !InExec && Client.Connection != null;

    /// <summary>Says that the slow log and monitors must not show argument <paramref name="index"/>, a secret.</summary>
    public void Redact(int index) => _redacted.Add(index);

    /// <summary>Whether the running command has a secret among its arguments.</summary>
    internal bool HasRedactions => _redacted.Count > 0;

    /// <summary>The arguments without their secrets, as a stored vector.</summary>
    internal ArgumentVector TakeShownArguments()
    {
        byte[][] shown = new byte[ArgCount][];
        for (int i = 0; i < shown.Length; i++)
            shown[i] = _redacted.Contains(i) ? "(redacted)"u8.ToArray() : this[i].ToArray();
        _redacted.Clear();
        return ArgumentVector.Of(shown);
    }

    /// <summary>Whether argument <paramref name="index"/> is the given word, in whatever case. The word is in lower case.</summary>
    public bool ArgIs(int index, ReadOnlySpan<byte> lowerCaseWord) => System.Text.Ascii.EqualsIgnoreCase(this[index], lowerCaseWord);

    /// <summary>Publishes a keyspace event of the current database, where the configuration asks for its class.</summary>
    public void NotifyKeyspaceEvent(KeyspaceEventClass eventClass, ReadOnlySpan<byte> eventName, ReadOnlySpan<byte> key) =>
        Server.KeyspaceEvents.Notify(eventClass, eventName, key, Db);

    /// <summary>Says that a key of the current database has another value now (WATCH, client tracking).</summary>
    public void SignalModified(ReadOnlySpan<byte> key) => Db.SignalModified(key);

    /// <summary>Parses argument <paramref name="index"/> as an integer, or replies with the official error.</summary>
    public bool TryGetLong(int index, out long value) => TryGetLong(index, out value, "ERR value is not an integer or out of range"u8);

    /// <summary>Parses argument <paramref name="index"/> as an integer, or replies with <paramref name="error"/>.</summary>
    public bool TryGetLong(int index, out long value, ReadOnlySpan<byte> error)
    {
        if (NumberText.TryParseLong(this[index], out value))
            return true;
        Reply.Error(error);
        return false;
    }

    /// <summary>Parses argument <paramref name="index"/> as a 32-bit integer, or replies with the official error.</summary>
    public bool TryGetInt(int index, out int value)
    {
        value = 0;
        if (!TryGetLong(index, out long number))
            return false;
        value = (int)number;
        if (value == number)
            return true;
        Reply.Error($"ERR value is out of range, value must between {int.MinValue} and {int.MaxValue}");
        return false;
    }

    /// <summary>Parses argument <paramref name="index"/> as an integer that is not below <paramref name="least"/>, or replies with <paramref name="error"/>.</summary>
    public bool TryGetLongFrom(int index, long least, out long value, ReadOnlySpan<byte> error)
    {
        if (!TryGetLong(index, out value, error))
            return false;
        if (value >= least)
            return true;
        Reply.Error(error);
        return false;
    }

    /// <summary>Parses the count of a popping command, or replies with the official error.</summary>
    public bool TryGetPopCount(int index, out long count) =>
        TryGetLongFrom(index, 0, out count, "ERR value is out of range, must be positive"u8);

    /// <summary>Looks a key up to change its value: a null entry when it is missing; false when it has another type, which was replied.</summary>
    public bool TryLookupWrite(ReadOnlySpan<byte> key, DataType type, out KeyEntry entry)
    {
        entry = Db.LookupWrite(key);
        return CheckType(entry, type);
    }

    /// <summary>Looks a key up to read its value: a null entry when it is missing; false when it has another type, which was replied.</summary>
    public bool TryLookupRead(ReadOnlySpan<byte> key, DataType type, out KeyEntry entry)
    {
        entry = Db.LookupRead(key);
        return CheckType(entry, type);
    }

    private bool CheckType(KeyEntry entry, DataType type)
    {
        if (entry.IsNull || entry.Type == type)
            return true;
        WrongType();
        return false;
    }

    /// <summary>Replies that the time of expiry is no good.</summary>
    public void InvalidExpireTime() => Reply.Error($"ERR invalid expire time in '{Row.FullName}' command");

    /// <summary>Replies that the command takes another number of arguments.</summary>
    public void WrongArgumentCount() => Reply.Error($"ERR wrong number of arguments for '{Row.FullName}' command");

    /// <summary>Replies that the subcommand does not take this many arguments, where its arity alone cannot tell.</summary>
    public void SubcommandSyntaxError()
    {
        ReadOnlySpan<byte> given = this[1][..Math.Min(this[1].Length, MaxQuotedBytes)];
        byte[] container = this[0].ToArray();
        System.Text.Ascii.ToUpperInPlace(container, out _);
        Reply.Error([.. "ERR unknown subcommand or wrong number of arguments for '"u8, .. given, .. "'. Try "u8, .. container, .. " HELP."u8]);
    }

    /// <summary>Replies with the official syntax error.</summary>
    public void SyntaxError() => Reply.Error("ERR syntax error"u8);

    /// <summary>Replies that a key holds a value of another type.</summary>
    public void WrongType() => Reply.Error("WRONGTYPE Operation against a key holding the wrong kind of value"u8);
}
