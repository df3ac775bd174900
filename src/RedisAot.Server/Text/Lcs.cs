using System.Runtime.InteropServices;

namespace RedisAot.Server.Text;

/// <summary>A stretch that two strings have in common: first and last index in each.</summary>
internal readonly record struct LcsMatch(int FirstStart, int FirstEnd, int SecondStart, int SecondEnd)
{
    /// <summary>Number of bytes.</summary>
    public int Length => FirstEnd - FirstStart + 1;
}

/// <summary>
/// The longest common subsequence of two strings, by the table of the lengths of all pairs of prefixes; among several of
/// the same length the one that the official server finds. Dispose gives the table back.
/// </summary>
internal readonly unsafe ref struct Lcs : IDisposable
{
    private readonly ReadOnlySpan<byte> _first;
    private readonly ReadOnlySpan<byte> _second;
    private readonly uint* _table;
    private readonly nint _stride;

    /// <exception cref="OutOfMemoryException">There is no memory for the table.</exception>
    public Lcs(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        _first = first;
        _second = second;
        _stride = (nint)second.Length + 1;
        _table = (uint*)NativeMemory.Alloc((nuint)TableBytes(first.Length, second.Length));
        Fill();
    }

    /// <summary>Bytes of the table for strings of these lengths.</summary>
    public static long TableBytes(int firstLength, int secondLength) => ((long)firstLength + 1) * ((long)secondLength + 1) * sizeof(uint);

    /// <summary>Length of the longest common subsequence.</summary>
    public int Length => (int)At(_first.Length, _second.Length);

    /// <summary>Writes the subsequence, <see cref="Length"/> bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        int next = Length;
        int i = _first.Length, j = _second.Length;
        while (i > 0 && j > 0)
        {
            if (_first[i - 1] != _second[j - 1])
            {
                StepBack(ref i, ref j);
                continue;
            }
            destination[--next] = _first[i - 1];
            i--;
            j--;
        }
    }

    /// <summary>The stretches that make up the subsequence, from the last to the first, without those shorter than asked for.</summary>
    public List<LcsMatch> Matches(long minLength)
    {
        List<LcsMatch> matches = [];
        int i = _first.Length, j = _second.Length;
        while (i > 0 && j > 0)
        {
            if (_first[i - 1] != _second[j - 1])
            {
                StepBack(ref i, ref j);
                continue;
            }
            int firstEnd = i - 1, secondEnd = j - 1;
            while (i > 0 && j > 0 && _first[i - 1] == _second[j - 1])
            {
                i--;
                j--;
            }
            LcsMatch match = new(i, firstEnd, j, secondEnd);
            if (match.Length >= minLength)
                matches.Add(match);
        }
        return matches;
    }

    /// <summary>Frees the table.</summary>
    public void Dispose() => NativeMemory.Free(_table);

    private uint At(int i, int j) => _table[i * _stride + j];

    // Towards the longer remainder; the second string gives way when both are equal.
    private void StepBack(ref int i, ref int j)
    {
        if (At(i - 1, j) > At(i, j - 1))
            i--;
        else
            j--;
    }

    private void Fill()
    {
        new Span<uint>(_table, _second.Length + 1).Clear();
        for (int i = 1; i <= _first.Length; i++)
        {
            uint* above = _table + (i - 1) * _stride;
            uint* row = above + _stride;
            byte current = _first[i - 1];
            uint left = row[0] = 0;
            for (int j = 0; j < _second.Length; j++)
                row[j + 1] = left = _second[j] == current ? above[j] + 1 : Math.Max(above[j + 1], left);
        }
    }
}
