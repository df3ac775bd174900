using RedisAot.Data;

namespace RedisAot.Server.Diagnostics;

/// <summary>What PFSELFTEST does: registers keep what they are given, and estimates are as good as they should be.</summary>
internal static class HyperLogLogSelfTest
{
    private const int RegisterRounds = 1000;
    private const int Elements = 10_000_000;
    private const int RegisterLimit = 64;

    /// <summary>What is wrong, or null. Takes about a second.</summary>
    public static string? FindFault(long sparseMaxBytes) => FindRegisterFault() ?? FindEstimateFault(sparseMaxBytes);

    private static string? FindRegisterFault()
    {
        byte[] dense = NewDense();
        byte[] written = new byte[HyperLogLog.RegisterCount], read = new byte[HyperLogLog.RegisterCount];
        for (int round = 0; round < RegisterRounds; round++)
        {
            Random.Shared.NextBytes(written);
            foreach (ref byte register in written.AsSpan())
                register %= RegisterLimit;
            HyperLogLog.WriteDense(dense, written);
            Array.Clear(read);
            HyperLogLog.TryMergeInto(read, dense);
            int same = written.AsSpan().CommonPrefixLength(read);
            if (same < written.Length)
                return $"Register {same} should be {written[same]} but is {read[same]}";
        }
        return null;
    }

    /// <summary>Adds elements to a dense value and to one that begins sparse, and looks at each power of ten.</summary>
    private static string? FindEstimateFault(long sparseMaxBytes)
    {
        byte[] dense = NewDense();
        byte[] sparse = new byte[HyperLogLog.BufferBytes(HyperLogLog.Empty.Length, Elements)];
        HyperLogLog.Empty.CopyTo(sparse);
        int denseLength = dense.Length, sparseLength = HyperLogLog.Empty.Length;
        long seed = Random.Shared.NextInt64(), checkpoint = 1;
        for (long added = 1; added <= Elements; added++)
        {
            long element = added ^ seed;
            ReadOnlySpan<byte> bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in element));
            HyperLogLog.Add(dense, ref denseLength, bytes, sparseMaxBytes);
            HyperLogLog.Add(sparse, ref sparseLength, bytes, sparseMaxBytes);
            if (added != checkpoint)
                continue;
            if (added < sparseMaxBytes / 2 && HyperLogLog.IsDense(sparse))
                return "sparse encoding not used";
            HyperLogLog.TryCount(dense, out long count);
            if (!HyperLogLog.TryCount(sparse.AsSpan(0, sparseLength), out long sparseCount) || count != sparseCount)
                return "dense/sparse disagree";
            long error = Math.Abs(added - count);
            if (error > MaxError(added))
                return $"Too big error. card:{added} abserr:{error}";
            checkpoint *= 10;
        }
        return null;
    }

    /// <summary>Six times the standard error, so that chance alone does not fail the test.</summary>
    private static long MaxError(long cardinality) =>
        cardinality == 10 ? 1 : (long)Math.Ceiling(1.04 / Math.Sqrt(HyperLogLog.RegisterCount) * 6 * cardinality);

    private static byte[] NewDense()
    {
        byte[] value = new byte[HyperLogLog.DenseBytes];
        HyperLogLog.Empty.CopyTo(value);
        int length = HyperLogLog.Empty.Length;
        HyperLogLog.TryMakeDense(value, ref length);
        return value;
    }
}
