using System.Text;
using RedisAot.Resp;

namespace RedisAot.Server.Commands;

/// <summary>A key among a command's arguments.</summary>
/// <param name="Index">Its argument; 0 is the command's name.</param>
/// <param name="Flags">What the command does with it.</param>
public readonly record struct KeyReference(int Index, KeyFlags Flags);

/// <summary>
/// Finds the keys of a request: for ACL rules, cluster slots, client tracking and <c>COMMAND GETKEYS</c>. A request whose
/// arguments are no valid call of its command has no keys; executing it reports the error.
/// </summary>
public static class KeyExtraction
{
    /// <summary>Whether calls of the command can have keys at all.</summary>
    public static bool HasKeys(CommandRow row)
    {
        foreach (ref readonly var spec in row.Keys.AsSpan())
        {
            if ((spec.Flags & KeyFlags.NotKey) == 0)
                return true;
        }

        return false;
    }

    /// <summary>Puts the keys of a request into <paramref name="keys"/>, after emptying it.</summary>
    /// <param name="row">The command, or subcommand, that the request calls.</param>
    /// <param name="arguments">The request.</param>
    /// <param name="skip">Arguments before the command's name, for requests that wrap another one.</param>
    /// <param name="keys">Receives the keys; indexes count from the command's name on.</param>
    /// <param name="includeNotKeys">Also arguments that are only routed like keys, such as shard channels.</param>
    public static void Find(
        CommandRow row, ArgumentVector arguments, int skip, List<KeyReference> keys, bool includeNotKeys = false)
    {
        var call = new Call(arguments, skip);
        keys.Clear();
        if (!HasVariableFlags(row) && FindBySpecs(row, call, keys, includeNotKeys))
            return;

        keys.Clear();
        FindByRule(row.KeyFinder, call, keys);
    }

    private static bool HasVariableFlags(CommandRow row)
    {
        foreach (ref readonly var spec in row.Keys.AsSpan())
        {
            if ((spec.Flags & KeyFlags.VariableFlags) != 0)
                return true;
        }

        return false;
    }

    /// <summary>False if the specs cannot tell, because the arguments are wrong or a spec is incomplete.</summary>
    private static bool FindBySpecs(CommandRow row, Call call, List<KeyReference> keys, bool includeNotKeys)
    {
        foreach (ref readonly var spec in row.Keys.AsSpan())
        {
            if ((spec.Flags & KeyFlags.NotKey) != 0 && !includeNotKeys)
                continue;
            if (spec.Search == KeySearch.Unknown || spec.Range == KeyRange.Unknown)
                return false;

            long first = spec.Search == KeySearch.Index ? spec.Start : AfterKeyword(spec, call);
            if (first == 0)
                continue;
            if (!TryRange(spec, call, ref first, out var last))
                return false;

            for (var i = first; i <= last; i += spec.Step)
                keys.Add(new KeyReference((int)i, spec.Flags));
            if ((spec.Flags & KeyFlags.Incomplete) != 0)
                return false;
        }

        return true;
    }

    /// <summary>The argument after the keyword, or 0.</summary>
    private static int AfterKeyword(in KeySpec spec, Call call)
    {
        var forward = spec.Start > 0;
        var end = forward ? call.Count - 1 : 1;
        for (var i = forward ? spec.Start : call.Count + spec.Start; i != end && i >= 1 && i < call.Count; i += forward ? 1 : -1)
        {
            if (call.Is(i, spec.Keyword!))
                return i + 1;
        }

        return 0;
    }

    private static bool TryRange(in KeySpec spec, Call call, ref long first, out long last)
    {
        last = -1;
        if (spec.Range == KeyRange.KeyNum)
        {
            var at = first + spec.KeyNumIndex;
            if (at >= call.Count || !NumberText.TryParseLong(call[(int)at], out var count) || count is < 0 or > int.MaxValue)
                return false;

            first += spec.FirstKey;
            last = first + (count - 1) * spec.Step;
        }
        else if (spec.LastKey >= 0)
            last = first + spec.LastKey;
        else if (spec.Limit == 0)
            last = call.Count + spec.LastKey;
        else
            last = first + (call.Count - first) / spec.Limit + spec.LastKey;

        return first < call.Count && last >= first && last < call.Count;
    }

    private static void FindByRule(KeyFinder finder, Call call, List<KeyReference> keys)
    {
        switch (finder)
        {
            case KeyFinder.Set:
                keys.Add(new KeyReference(1, SetFlags(call)));
                break;
            case KeyFinder.DelEx:
                keys.Add(new KeyReference(1, call.Count > 2
                    ? KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete
                    : KeyFlags.RM | KeyFlags.Delete));
                break;
            case KeyFinder.BitField:
                keys.Add(new KeyReference(1, BitFieldOnlyReads(call)
                    ? KeyFlags.RO | KeyFlags.Access
                    : KeyFlags.RW | KeyFlags.Access | KeyFlags.Update));
                break;
            case KeyFinder.Sort:
                FindSort(call, keys);
                break;
            case KeyFinder.SortReadOnly:
                keys.Add(new KeyReference(1, KeyFlags.RO | KeyFlags.Access));
                break;
            case KeyFinder.Migrate:
                FindMigrate(call, keys);
                break;
        }
    }

    /// <summary>SET reads the old value for GET and for the conditions that compare it.</summary>
    private static KeyFlags SetFlags(Call call)
    {
        for (var i = 3; i < call.Count; i++)
        {
            if (call.Is(i, "get") || call.Is(i, "ifeq") || call.Is(i, "ifne") || call.Is(i, "ifdeq") || call.Is(i, "ifdne"))
                return KeyFlags.RW | KeyFlags.Access | KeyFlags.Update;
        }

        return KeyFlags.OW | KeyFlags.Update;
    }

    private static bool BitFieldOnlyReads(Call call)
    {
        for (var i = 2; i < call.Count; i++)
        {
            var left = call.Count - i - 1;
            if (call.Is(i, "get") && left >= 2)
                i += 2;
            else if (call.Is(i, "overflow") && left >= 1)
                i++;
            else
                return false;
        }

        return true;
    }

    /// <summary>The key that is sorted, and the destination of the last STORE.</summary>
    private static void FindSort(Call call, List<KeyReference> keys)
    {
        keys.Add(new KeyReference(1, KeyFlags.RO | KeyFlags.Access));
        var store = 0;
        for (var i = 2; i < call.Count; i++)
        {
            if (call.Is(i, "limit"))
                i += 2;
            else if (call.Is(i, "store") && i + 1 < call.Count)
                store = i + 1;
            else if (call.Is(i, "get") || call.Is(i, "by"))
                i++;
        }

        if (store > 0)
            keys.Add(new KeyReference(store, KeyFlags.OW | KeyFlags.Update));
    }

    /// <summary>Argument 3, or everything after KEYS if that is empty.</summary>
    private static void FindMigrate(Call call, List<KeyReference> keys)
    {
        const KeyFlags flags = KeyFlags.RW | KeyFlags.Access | KeyFlags.Delete;
        for (var i = 6; i < call.Count; i++)
        {
            if (call.Is(i, "keys"))
            {
                // KEYS beside a key is a syntax error.
                for (var key = i + 1; key < call.Count && call[3].IsEmpty; key++)
                    keys.Add(new KeyReference(key, flags));
                return;
            }

            if (call.Is(i, "auth"))
                i++;
            else if (call.Is(i, "auth2"))
                i += 2;
        }

        keys.Add(new KeyReference(3, flags));
    }

    /// <summary>The arguments of a call, counted from the command's name.</summary>
    private readonly ref struct Call(ArgumentVector arguments, int skip)
    {
        public int Count => arguments.Count - skip;

        public ReadOnlySpan<byte> this[int index] => arguments[index + skip];

        public bool Is(int index, string word) => Ascii.EqualsIgnoreCase(this[index], word);
    }
}
