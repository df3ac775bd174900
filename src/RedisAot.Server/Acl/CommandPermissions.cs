using System.Text;
using RedisAot.Server.Commands;

namespace RedisAot.Server.Acl;

/// <summary>The commands that a selector allows: a bit for each row of the table, and first arguments that open a closed command.</summary>
internal sealed class CommandPermissions
{
    private const int BitsPerWord = 64;

    private readonly CommandTable _table;
    private readonly ulong[] _bits;
    private readonly Dictionary<int, List<byte[]>> _firstArguments = []; // by row

    /// <summary>Nothing is allowed.</summary>
    public CommandPermissions(CommandTable table)
    {
        _table = table;
        _bits = new ulong[(table.ById.Count + BitsPerWord - 1) / BitsPerWord];
    }

    /// <summary>A copy.</summary>
    public CommandPermissions(CommandPermissions other)
        : this(other._table)
    {
        other._bits.CopyTo(_bits, 0);
        AllowsAll = other.AllowsAll;
        StartedFromAll = other.StartedFromAll;
        foreach ((int row, List<byte[]> arguments) in other._firstArguments)
            _firstArguments[row] = [.. arguments];
    }

    /// <summary>Whether nothing was taken away since <c>+@all</c>.</summary>
    public bool AllowsAll { get; private set; }

    /// <summary>Whether the rules are best written as <c>+@all</c> and what was taken away from it.</summary>
    private bool StartedFromAll { get; set; }

    /// <summary>Allows (or forbids) everything.</summary>
    public void SetAll(bool allow)
    {
        Array.Fill(_bits, allow ? ulong.MaxValue : 0);
        AllowsAll = StartedFromAll = allow;
        _firstArguments.Clear();
    }

    /// <summary>Allows or forbids a command, a container with its subcommands.</summary>
    public void Set(CommandRow row, bool allow)
    {
        SetBit(row, allow);
        _firstArguments.Remove(row.Id);
        foreach (CommandRow subcommand in row.Subcommands)
            SetBit(subcommand, allow);
    }

    /// <summary>Allows or forbids the commands of a category.</summary>
    public void Set(AclCategories category, bool allow)
    {
        foreach (CommandRow row in _table.ById)
        {
            if ((row.Categories & category) != 0)
                Set(row, allow);
        }
    }

    /// <summary>Applies a rule that begins with <c>+</c> or <c>-</c>.</summary>
    public RuleError Apply(ReadOnlySpan<byte> rule)
    {
        bool allow = rule[0] == '+';
        ReadOnlySpan<byte> name = rule[1..];
        if (!name.IsEmpty && name[0] == '@')
            return ApplyCategory(name[1..], allow);
        int bar = name.LastIndexOf((byte)'|');
        if (allow && bar >= 0)
            return AllowPart(name, bar);
        if (_table.FindDeclaredFullName(name) is not { } row)
            return RuleError.UnknownCommand;
        Set(row, allow);
        return RuleError.None;
    }

    /// <summary>Whether a request may call a command.</summary>
    /// <param name="row">The command.</param>
    /// <param name="firstArgument">What follows its name; empty without arguments.</param>
    public bool Allows(CommandRow row, ReadOnlySpan<byte> firstArgument)
    {
        if (HasBit(row))
            return true;
        if (!_firstArguments.TryGetValue(row.Id, out List<byte[]>? allowed))
            return false;
        foreach (byte[] argument in allowed)
        {
            if (Ascii.EqualsIgnoreCase(argument, firstArgument))
                return true;
        }
        return false;
    }

    /// <summary>
    /// Rules that lead to the same permissions: <c>+@all</c> or <c>-@all</c>, then the categories that fit best, then single
    /// commands. Which categories come, and in which order, is the official server's choice.
    /// </summary>
    public string Describe()
    {
        StringBuilder rules = new(StartedFromAll ? "+@all" : "-@all");
        CommandPermissions described = new(_table);
        described.SetAll(StartedFromAll);
        CommandPermissions rest = new(this);
        AclCategories applied = AclCategories.None;
        while (rest.BestCategory(applied, additive: !StartedFromAll) is var best && best >= 0)
        {
            var category = (AclCategories)(1u << best);
            described.Set(category, !StartedFromAll);
            rest.Set(category, StartedFromAll);
            applied |= category;
            rules.Append(StartedFromAll ? " -@" : " +@").Append(AclCategoryNames.All[best]);
        }
        DescribeSingleCommands(described, rules);
        return rules.ToString();
    }

    private void DescribeSingleCommands(CommandPermissions described, StringBuilder rules)
    {
        foreach (CommandRow row in _table.ById)
        {
            bool allowed = HasBit(row);
            if (allowed != described.HasBit(row))
            {
                rules.Append(allowed ? " +" : " -").Append(row.FullName);
                described.Set(row, allowed);
            }
            if (allowed || !_firstArguments.TryGetValue(row.Id, out List<byte[]>? arguments))
                continue;
            foreach (byte[] argument in arguments)
                rules.Append(" +").Append(row.FullName).Append('|').Append(Encoding.Latin1.GetString(argument));
        }
    }

    // The category of which most commands are as the user has them; of those with the fewest exceptions the biggest. -1: none.
    private int BestCategory(AclCategories applied, bool additive)
    {
        int best = -1, leastDifferent = int.MaxValue, mostSame = 0;
        for (int bit = 0; bit < AclCategoryNames.All.Length; bit++)
        {
            var category = (AclCategories)(1u << bit);
            if ((applied & category) != 0)
                continue;
            (int on, int off) = Count(category);
            (int same, int different) = additive ? (on, off) : (off, on);
            if (same > different && (different < leastDifferent || (different == leastDifferent && same > mostSame)))
                (best, leastDifferent, mostSame) = (bit, different, same);
        }
        return best;
    }

    private (int On, int Off) Count(AclCategories category)
    {
        int on = 0, off = 0;
        foreach (CommandRow row in _table.ById)
        {
            if ((row.Categories & category) == 0)
                continue;
            if (HasBit(row))
                on++;
            else
                off++;
        }
        return (on, off);
    }

    private RuleError ApplyCategory(ReadOnlySpan<byte> name, bool allow)
    {
        if (Ascii.EqualsIgnoreCase(name, "all"))
        {
            SetAll(allow);
            return RuleError.None;
        }
        AclCategories category = AclCategoryNames.Parse(name);
        if (category == AclCategories.None)
            return RuleError.UnknownCommand;
        Set(category, allow);
        return RuleError.None;
    }

    // A subcommand, or a first argument of a command that has none.
    private RuleError AllowPart(ReadOnlySpan<byte> name, int bar)
    {
        if (_table.FindDeclaredFullName(name[..bar]) is not { } row)
            return RuleError.UnknownCommand;
        if (row.IsSubcommand)
            return RuleError.FirstArgumentOfSubcommand;
        ReadOnlySpan<byte> part = name[(bar + 1)..];
        if (part.IsEmpty)
            return RuleError.Syntax;
        if (row.Subcommands.Length == 0)
        {
            AllowFirstArgument(row, part);
            return RuleError.None;
        }
        if (row.FindSubcommand(part) is not { } subcommand)
            return RuleError.UnknownCommand;
        Set(subcommand, allow: true);
        return RuleError.None;
    }

    private void AllowFirstArgument(CommandRow row, ReadOnlySpan<byte> argument)
    {
        if (!_firstArguments.TryGetValue(row.Id, out List<byte[]>? arguments))
            _firstArguments[row.Id] = arguments = [];
        foreach (byte[] known in arguments)
        {
            if (Ascii.EqualsIgnoreCase(known, argument))
                return;
        }
        arguments.Add(argument.ToArray());
    }

    /// <summary>Whether a command may be called with any arguments.</summary>
    public bool AllowsWithAnyArguments(CommandRow row) => AllowsAll || HasBit(row);

    private bool HasBit(CommandRow row) => (_bits[row.Id / BitsPerWord] >> (row.Id % BitsPerWord) & 1) != 0;

    private void SetBit(CommandRow row, bool allow)
    {
        ulong bit = 1UL << (row.Id % BitsPerWord);
        if (allow)
        {
            _bits[row.Id / BitsPerWord] |= bit;
        }
        else
        {
            _bits[row.Id / BitsPerWord] &= ~bit;
            AllowsAll = false;
        }
    }
}
