using System.Runtime.CompilerServices;
using RedisAot.Memory;

namespace RedisAot.Data;

/// <summary>
/// A member of a sorted set: one block of the native heap that the <see cref="SortedTree"/> and the table of members share.
/// Score (8 bytes), length (one byte, or 255 and four bytes), name.
/// </summary>
public readonly unsafe struct SortedMember : IHashEntry
{
    private const byte LongLength = 255;

    /// <summary>A new block; free it with the heap's Free.</summary>
    public static byte* Create(double score, ReadOnlySpan<byte> name)
    {
        bool isLong = name.Length >= LongLength;
        nuint prefix = sizeof(double) + (isLong ? 1u + sizeof(int) : 1u);
        byte* member = NativeHeap.Allocate(prefix + (nuint)name.Length);
        SetScore(member, score);
        member[sizeof(double)] = isLong ? LongLength : (byte)name.Length;
        if (isLong)
            Unsafe.WriteUnaligned(member + sizeof(double) + 1, name.Length);
        name.CopyTo(new Span<byte>(member + prefix, name.Length));
        return member;
    }

    /// <summary>The score, never NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double ScoreOf(byte* member) => *(double*)member;

    /// <summary>The name.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> NameOf(byte* member)
    {
        byte* name = member + sizeof(double) + 1;
        int length = name[-1];
        return length != LongLength
            ? new ReadOnlySpan<byte>(name, length)
            : new ReadOnlySpan<byte>(name + sizeof(int), Unsafe.ReadUnaligned<int>(name));
    }

    /// <inheritdoc/>
    public static ReadOnlySpan<byte> KeyOf(byte* entry) => NameOf(entry);

    /// <summary>The score to be set, only for a member that is in no tree: others change by <see cref="SortedTree.UpdateScore"/>.</summary>
    public static ref double Score(byte* member) => ref *(double*)member;

    /// <summary>Sets the score, likewise.</summary>
    public static void SetScore(byte* member, double score) => *(double*)member = score;
}
