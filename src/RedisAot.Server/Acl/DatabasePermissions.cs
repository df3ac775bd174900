using System.Text;
using RedisAot.Resp;
using RedisAot.Server.Commands;
using RedisAot.Server.Configuration;

namespace RedisAot.Server.Acl;

/// <summary>The databases that a selector allows: all, or some by their numbers. Rules and texts are those of Valkey 9.1.</summary>
internal sealed class DatabasePermissions
{
    private const string ListPrefix = "db=";

    private readonly ServerConfig _config;
    private readonly SortedSet<int> _ids = [];

    /// <summary>All are allowed.</summary>
    public DatabasePermissions(ServerConfig config)
    {
        _config = config;
        AllowsAll = true;
    }

    /// <summary>A copy.</summary>
    public DatabasePermissions(DatabasePermissions other)
        : this(other._config)
    {
        AllowsAll = other.AllowsAll;
        _ids.UnionWith(other._ids);
    }

    /// <summary>Whether no database is forbidden.</summary>
    public bool AllowsAll { get; private set; }

    /// <summary>Whether a rule is about databases.</summary>
    public static bool IsRule(ReadOnlySpan<byte> rule) => Is(rule, "alldbs") || Is(rule, "resetdbs") || IsList(rule);

    /// <summary>Applies such a rule.</summary>
    public RuleError Apply(ReadOnlySpan<byte> rule)
    {
        List<int> listed = [];
        if (IsList(rule) && Parse(rule[ListPrefix.Length..], listed) is var error && error != RuleError.None)
            return error;
        AllowsAll = Is(rule, "alldbs");
        _ids.Clear();
        _ids.UnionWith(listed);
        return RuleError.None;
    }

    /// <summary>Whether a request keeps to what is allowed; else which argument does not, or the command itself (0).</summary>
    /// <param name="row">The command.</param>
    /// <param name="arguments">The request.</param>
    /// <param name="skip">Arguments before the command's name.</param>
    /// <param name="selected">The number of the database that is selected.</param>
    public Denial Check(CommandRow row, ArgumentVector arguments, int skip, int selected)
    {
        if (row.Databases is DatabaseUse.All || (UsesSelected(row) && !_ids.Contains(selected)))
            return new Denial(DenialReason.Database, 0);
        (int first, int last) = row.Databases switch
        {
            DatabaseUse.First => (1, 1),
            DatabaseUse.FirstTwo => (1, 2),
            DatabaseUse.SelectedAndSecond => (2, 2),
            DatabaseUse.SelectedAndOption => OptionAt(arguments, skip) is var at ? (at, at) : default,
            _ => (1, 0),
        };
        for (int i = first; i <= last; i++)
        {
            if (TryGetId(arguments[i + skip], out int id) && !_ids.Contains(id))
                return new Denial(DenialReason.Database, i);
        }
        return default;
    }

    /// <summary>Rules that lead to the same permissions; the default is left out if wanted.</summary>
    public string Describe(bool explicitly) =>
        AllowsAll ? explicitly ? "alldbs" : ""
        : _ids.Count > 0 ? ListPrefix + string.Join(',', _ids)
        : explicitly ? "" : "resetdbs";

    private static bool UsesSelected(CommandRow row) => row.Databases switch
    {
        DatabaseUse.Selected => KeyExtraction.HasKeys(row) || (row.Categories & AclCategories.Keyspace) != 0,
        DatabaseUse.SelectedAndSecond or DatabaseUse.SelectedAndOption => true,
        _ => false,
    };

    // Where the number stands; the command's name, which is no number, without the option.
    private static int OptionAt(ArgumentVector arguments, int skip)
    {
        for (int i = 3; i + skip + 1 < arguments.Count; i++)
        {
            if (Is(arguments[i + skip], "db"))
                return i + 1;
        }
        return 0;
    }

    // A number that is no database is for the command to refuse.
    private bool TryGetId(ReadOnlySpan<byte> text, out int id)
    {
        bool isId = NumberText.TryParseLong(text, out long number) && number >= 0 && number < _config.Databases;
        id = isId ? (int)number : -1;
        return isId;
    }

    private RuleError Parse(ReadOnlySpan<byte> list, List<int> ids)
    {
        foreach (Range range in list.Split((byte)','))
        {
            if (!NumberText.TryParseLong(list[range], out _))
                return RuleError.Syntax;
            if (!TryGetId(list[range], out int id))
                return RuleError.DatabaseOutOfRange;
            ids.Add(id);
        }
        return RuleError.None;
    }

    private static bool IsList(ReadOnlySpan<byte> rule) => rule.Length >= ListPrefix.Length && Is(rule[..ListPrefix.Length], ListPrefix);

    private static bool Is(ReadOnlySpan<byte> rule, string word) => Ascii.EqualsIgnoreCase(rule, word);
}
