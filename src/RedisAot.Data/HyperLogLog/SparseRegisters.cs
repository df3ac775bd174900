namespace RedisAot.Data;

/// <summary>The registers of a sparse HyperLogLog: a sequence of <see cref="SparseRun"/>s that makes up 16384 registers.</summary>
internal static class SparseRegisters
{
    /// <summary>How many runs from the one before a change are looked at for joining; official Redis does the same, so the bytes are the same.</summary>
    private const int JoinSpan = 5;

    /// <summary>
    /// Raises a register of the runs that are the first <paramref name="length"/> bytes of a buffer with three bytes to
    /// spare. False, with nothing changed, when that takes more than <paramref name="spare"/> bytes more.
    /// </summary>
    public static bool TryRaise(Span<byte> buffer, ref int length, int spare, int index, int register, out HyperLogLogUpdate update)
    {
        int at = 0, previous = 0, first = 0;
        SparseRun run;
        for (; SparseRun.TryRead(buffer[..length], at, out run) && index >= first + run.Length; first += run.Length)
        {
            previous = at;
            at += run.Bytes;
        }
        if (run.Bytes == 0 || run.Value >= register)
        {
            update = run.Bytes == 0 ? HyperLogLogUpdate.Corrupt : HyperLogLogUpdate.Unchanged;
            return true;
        }

        // The run becomes what is before the register, the register, and what is after it.
        Span<byte> parts = stackalloc byte[5];
        int partsLength = SparseRun.Write(parts, run.Value, index - first);
        partsLength += SparseRun.Write(parts[partsLength..], register, 1);
        partsLength += SparseRun.Write(parts[partsLength..], run.Value, first + run.Length - 1 - index);
        int growth = partsLength - run.Bytes;
        update = HyperLogLogUpdate.Changed;
        if (growth > spare)
            return false;
        buffer[(at + run.Bytes)..length].CopyTo(buffer[(at + partsLength)..]);
        parts[..partsLength].CopyTo(buffer[at..]);
        length += growth;
        JoinFrom(buffer, ref length, previous);
        return true;
    }

    /// <summary>Raises each register, a byte each, to that of the runs; false when they are not runs of 16384 registers.</summary>
    public static bool TryMergeInto(Span<byte> registers, ReadOnlySpan<byte> runs)
    {
        int at = 0, index = 0;
        for (; SparseRun.TryRead(runs, at, out SparseRun run); at += run.Bytes, index += run.Length)
        {
            if (run.Length > HyperLogLog.RegisterCount - index)
                return false;
            for (int i = 0; run.Value > 0 && i < run.Length; i++)
                registers[index + i] = Math.Max(registers[index + i], (byte)run.Value);
        }
        return at == runs.Length && index == HyperLogLog.RegisterCount;
    }

    /// <summary>Counts the registers of each value; false when these are not runs of 16384 registers.</summary>
    public static bool TryAddTo(Span<int> histogram, ReadOnlySpan<byte> runs)
    {
        int at = 0, index = 0;
        for (; SparseRun.TryRead(runs, at, out SparseRun run); at += run.Bytes, index += run.Length)
        {
            if (run.Length > HyperLogLog.RegisterCount - index)
                return false;
            histogram[run.Value] += run.Length;
        }
        return at == runs.Length && index == HyperLogLog.RegisterCount;
    }

    private static void JoinFrom(Span<byte> buffer, ref int length, int at)
    {
        for (int looks = JoinSpan; looks > 0 && SparseRun.TryRead(buffer[..length], at, out SparseRun run); looks--)
        {
            if (run.Value == 0
                || !SparseRun.TryRead(buffer[..length], at + 1, out SparseRun next)
                || next.Value != run.Value
                || next.Length + run.Length > SparseRun.MaxValueLength)
            {
                at += run.Bytes;
                continue;
            }
            SparseRun.Write(buffer[at..], run.Value, run.Length + next.Length);
            buffer[(at + 2)..length].CopyTo(buffer[(at + 1)..]);
            length--;
        }
    }
}
