using RedisAot.Memory;

namespace RedisAot.Server.Persistence;

/// <summary>A block of the native heap that is used again and again. All zero is empty.</summary>
internal unsafe struct ScratchBlock
{
    /// <summary>A block larger than this is not kept for a use that needs less.</summary>
    private const nuint KeptBytes = 1024 * 1024;

    private const nuint SmallestBytes = 256;

    private byte* _block;
    private nuint _bytes;

    /// <summary>At least so many bytes; what the block held before is lost.</summary>
    public byte* Take(nuint bytes)
    {
        if (bytes > _bytes || _bytes > KeptBytes)
        {
            Free();
            nuint wanted = nuint.Max(bytes, SmallestBytes);
            _block = NativeHeap.Allocate(wanted);
            _bytes = wanted;
        }
        return _block;
    }

    /// <summary>Gives the block back.</summary>
    public void Free()
    {
        NativeHeap.Free(_block);
        this = default;
    }
}
