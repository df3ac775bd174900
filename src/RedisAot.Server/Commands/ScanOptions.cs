using RedisAot.Server.Keyspace;
using RedisAot.Server.Text;

namespace RedisAot.Server.Commands;

/// <summary>The options of SCAN, HSCAN, SSCAN and ZSCAN.</summary>
internal struct ScanOptions
{
    private const long DefaultCount = 10;

    private int _patternIndex;
    private int _typeIndex;

    /// <summary>About how many elements are asked for.</summary>
    public long Count = DefaultCount;

    /// <summary>Whether fields are wanted without their values.</summary>
    public bool NoValues;

    private ScanOptions(long count) => Count = count;

    /// <summary>Reads the options from argument <paramref name="index"/> on; false when the official error was replied.</summary>
    /// <param name="scanned">The type of the collection that is scanned; null: the keys are.</param>
    public static bool TryRead(CommandContext c, int index, DataType? scanned, out ScanOptions options)
    {
        options = new ScanOptions(DefaultCount);
        for (; index < c.ArgCount; index++)
        {
            bool hasValue = index + 1 < c.ArgCount;
            if (hasValue && c.ArgIs(index, "count"u8))
            {
                if (!c.TryGetLong(++index, out options.Count))
                    return false;
                if (options.Count >= 1)
                    continue;
            }
            else if (hasValue && c.ArgIs(index, "match"u8))
            {
                options._patternIndex = ++index;
                continue;
            }
            else if (hasValue && scanned == null && c.ArgIs(index, "type"u8))
            {
                options._typeIndex = ++index;
                continue;
            }
            else if (scanned == DataType.Hash && c.ArgIs(index, "novalues"u8))
            {
                options.NoValues = true;
                continue;
            }
            c.SyntaxError();
            return false;
        }
        return true;
    }

    /// <summary>Whether the pattern, if one was given, takes the element.</summary>
    public readonly bool Matches(CommandContext c, ReadOnlySpan<byte> element) =>
        _patternIndex == 0 || Glob.IsMatch(c[_patternIndex], element);

    /// <summary>Whether pattern and type, as far as given, take the key.</summary>
    public readonly bool Admit(CommandContext c, KeyEntry entry) =>
        Matches(c, entry.Key) && (_typeIndex == 0 || c.ArgIs(_typeIndex, ValueNames.Of(entry.Type)));
}
