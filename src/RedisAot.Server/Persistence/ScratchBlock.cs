using System.Runtime.InteropServices;

namespace RedisAot.Server.Persistence;

/// <summary>A block of memory beside the native heap, for any thread, that is used again and again. All zero is empty.</summary>
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
            _block = (byte*)NativeMemory.Alloc(wanted);
            _bytes = wanted;
        }
        return _block;
    }

    /// <summary>Gives the block back.</summary>
    public void Free()
    {
        NativeMemory.Free(_block);
        this = default;
    }
}
