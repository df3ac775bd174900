namespace RedisAot.Server.Commands;

/// <summary>Positions of keys as one range, which is what clients older than key specs understand.</summary>
/// <param name="First">First key argument, 0 for no keys.</param>
/// <param name="Last">Last key argument; negative counts from the end.</param>
/// <param name="Step">Distance between keys.</param>
public readonly record struct LegacyKeyRange(int First, int Last, int Step)
{
    /// <summary>The range that covers as much of the specs as one range can.</summary>
    /// <param name="specs">All key specs of a command.</param>
    /// <param name="movable">Whether some key may lie outside the range.</param>
    public static LegacyKeyRange Of(ReadOnlySpan<KeySpec> specs, out bool movable)
    {
        movable = false;
        if (specs.Length == 0)
            return default;

        if (specs.Length == 1 && IsPlainRange(specs[0]))
        {
            movable = (specs[0].Flags & KeyFlags.Incomplete) != 0;
            return new LegacyKeyRange(specs[0].Start, AbsoluteLast(specs[0]), specs[0].Step);
        }

        int first = int.MaxValue, last = 0;
        foreach (ref readonly var spec in specs)
        {
            // Only ranges of step 1 that follow one another join into one.
            if (!IsPlainRange(spec) || spec.Step != 1 || (last != 0 && last != spec.Start - 1))
            {
                movable = true;
                continue;
            }

            movable |= (spec.Flags & KeyFlags.Incomplete) != 0;
            first = Math.Min(first, spec.Start);
            // Unsigned, so that "up to the last argument" beats every fixed one.
            last = (int)Math.Max((uint)last, (uint)AbsoluteLast(spec));
        }

        if (first != int.MaxValue)
            return new LegacyKeyRange(first, last, 1);

        movable = true;
        return default;
    }

    private static bool IsPlainRange(in KeySpec spec) => spec.Search == KeySearch.Index && spec.Range == KeyRange.Range;

    private static int AbsoluteLast(in KeySpec spec) => spec.LastKey >= 0 ? spec.Start + spec.LastKey : spec.LastKey;
}
