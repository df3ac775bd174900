using System.Numerics;
using System.Runtime.CompilerServices;

namespace RedisAot.Data;

/// <summary>
/// LZF, the compression of RDB strings and of inner list nodes, in the stream format of liblzf: a control byte below
/// 32 is followed by that many plus one literal bytes; any other holds in its top three bits the length minus two of a
/// repetition (7: the next byte is added to it) and in the other five, followed by one more byte, the distance minus one.
/// </summary>
public static unsafe class Lzf
{
    private const int MaxLiterals = 32;
    private const int MaxDistance = 1 << 13;
    private const int MinMatch = 3;
    private const int MaxMatch = 7 + 255 + 2;
    private const int MaxHashBits = 14;
    private const int MinHashBits = 6;

    /// <summary>
    /// Compresses <paramref name="source"/> and returns the number of bytes written, or 0 when they would not fit in
    /// <paramref name="destination"/>: callers give it the length below which compression is worth while. The result
    /// depends on the input only.
    /// </summary>
    [SkipLocalsInit]
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int hashBits = Math.Clamp(BitOperations.Log2((uint)source.Length | 1), MinHashBits, MaxHashBits);
        // Position + 1 of the latest three bytes with that hash, 0 for none.
        int* latest = stackalloc int[1 << hashBits];
        new Span<int>(latest, 1 << hashBits).Clear();
        fixed (byte* input = source, output = destination)
            return Compress(input, source.Length, output, destination.Length, latest, 32 - hashBits);
    }

    private static int Compress(byte* input, int inputLength, byte* output, int outputLength, int* latest, int hashShift)
    {
        int at = 0, written = 0, literalStart = 0;
        // Reads of four bytes at a time stay inside.
        int lastStart = inputLength - 4;
        while (at <= lastStart)
        {
            uint next = Unsafe.ReadUnaligned<uint>(input + at);
            int* slot = latest + Hash(next, hashShift);
            int candidate = *slot - 1;
            *slot = at + 1;
            int distance = at - candidate;
            if (candidate < 0 || distance > MaxDistance || ((Unsafe.ReadUnaligned<uint>(input + candidate) ^ next) & 0xffffff) != 0)
            {
                at++;
                continue;
            }
            int length = MatchLength(input, candidate, at, Math.Min(MaxMatch, inputLength - at));
            if (!WriteLiterals(input + literalStart, at - literalStart, output, outputLength, ref written)
                || !WriteMatch(distance, length, output, outputLength, ref written))
                return 0;
            at += length;
            literalStart = at;
            // Remember the end of the repetition too: runs of records repeat across it.
            for (int p = at - 2; p < at; p++)
            {
                if (p <= lastStart)
                    latest[Hash(Unsafe.ReadUnaligned<uint>(input + p), hashShift)] = p + 1;
            }
        }
        bool fits = WriteLiterals(input + literalStart, inputLength - literalStart, output, outputLength, ref written);
        return fits ? written : 0;
    }

    /// <summary>
    /// Decompresses exactly <paramref name="destination"/>.Length bytes. False when the input is not a valid stream of
    /// that many bytes; never reads or writes outside the spans.
    /// </summary>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int at = 0, written = 0;
        while (at < source.Length)
        {
            int control = source[at++];
            int length = control + 1;
            if (control < MaxLiterals)
            {
                if (length > source.Length - at || length > destination.Length - written)
                    return false;
                source.Slice(at, length).CopyTo(destination[written..]);
                at += length;
            }
            else
            {
                length = control >> 5;
                if (length == 7)
                {
                    if (at >= source.Length)
                        return false;
                    length += source[at++];
                }
                length += 2;
                if (at >= source.Length)
                    return false;
                int distance = ((control & 0x1f) << 8 | source[at++]) + 1;
                if (distance > written || length > destination.Length - written)
                    return false;
                CopyRepetition(destination, written, distance, length);
            }
            written += length;
        }
        return written == destination.Length;
    }

    private static void CopyRepetition(Span<byte> destination, int at, int distance, int length)
    {
        if (distance >= length)
        {
            destination.Slice(at - distance, length).CopyTo(destination[at..]);
            return;
        }
        // The source overlaps what is being written: that is how a run is expressed.
        for (int i = 0; i < length; i++)
            destination[at + i] = destination[at + i - distance];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Hash(uint next, int shift) => ((next & 0xffffff) * 0x9e3779b1) >> shift;

    private static int MatchLength(byte* input, int candidate, int at, int limit)
    {
        int length = MinMatch;
        while (length < limit && input[candidate + length] == input[at + length])
            length++;
        return length;
    }

    private static bool WriteLiterals(byte* literals, int count, byte* output, int outputLength, ref int written)
    {
        while (count > 0)
        {
            int run = Math.Min(count, MaxLiterals);
            if (run + 1 > outputLength - written)
                return false;
            output[written++] = (byte)(run - 1);
            Unsafe.CopyBlockUnaligned(output + written, literals, (uint)run);
            written += run;
            literals += run;
            count -= run;
        }
        return true;
    }

    private static bool WriteMatch(int distance, int length, byte* output, int outputLength, ref int written)
    {
        int code = length - 2;
        if (outputLength - written < (code < 7 ? 2 : 3))
            return false;
        int offset = distance - 1;
        output[written++] = (byte)(Math.Min(code, 7) << 5 | offset >> 8);
        if (code >= 7)
            output[written++] = (byte)(code - 7);
        output[written++] = (byte)offset;
        return true;
    }
}
