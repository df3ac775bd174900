using System.Runtime.InteropServices;
using RedisAot.Memory;

namespace RedisAot.Server.Keyspace;

/// <summary>An unordered bag of 64-bit hashes in native chunks, one of which may be partly filled. All zero is empty.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct HashBucket
{
    /// <summary>Bytes of a chunk.</summary>
    public const int ChunkBytes = 512;

    /// <summary>Records that a chunk holds.</summary>
    public const int ChunkRecords = (ChunkBytes - 2 * sizeof(ulong)) / sizeof(ulong);

    [StructLayout(LayoutKind.Sequential)]
    internal struct Chunk
    {
        public Chunk* Next;
        public long Count;
        public fixed ulong Records[ChunkRecords];

        /// <summary>The hashes in the chunk.</summary>
        public readonly ReadOnlySpan<ulong> Hashes => MemoryMarshal.CreateReadOnlySpan(in Records[0], (int)Count);
    }

    private Chunk* _open;
    private Chunk* _firstFull;
    private Chunk* _lastFull;

    /// <summary>How many hashes the bucket holds.</summary>
    public long Count { get; private set; }

    /// <summary>The chunk that is filled or emptied next; null when the bucket is empty.</summary>
    public readonly Chunk* Open => _open;

    /// <summary>The chunk that comes after the open one; null when there is none.</summary>
    public readonly Chunk* Following => _firstFull;

    /// <summary>Adds a hash; returns the chunks that had to be allocated, 0 or 1.</summary>
    public int Add(ulong hash)
    {
        int allocated = 0;
        if (_open == null || _open->Count == ChunkRecords)
        {
            if (_open != null)
                AppendFull(_open);
            _open = (Chunk*)NativeHeap.Allocate(ChunkBytes);
            _open->Next = null;
            _open->Count = 0;
            allocated = 1;
        }
        _open->Records[_open->Count++] = hash;
        Count++;
        return allocated;
    }

    /// <summary>Takes the hash that was added last to the open chunk; the bucket must not be empty. An emptied chunk is freed.</summary>
    public ulong Take(out bool chunkFreed)
    {
        ulong hash = _open->Records[--_open->Count];
        Count--;
        chunkFreed = _open->Count == 0;
        if (chunkFreed)
        {
            NativeHeap.Free((byte*)_open);
            _open = DetachFirstFull();
        }
        return hash;
    }

    /// <summary>
    /// A pseudo-random hash of a bucket that is not empty. Full chunks take turns, so that repeated samples see the old as often as
    /// the new.
    /// </summary>
    public ulong Sample(ulong random)
    {
        Chunk* chunk = _open;
        ulong openShare = (ulong)_open->Count * uint.MaxValue / (ulong)Count;
        if (_firstFull != null && (uint)random > openShare)
        {
            chunk = DetachFirstFull();
            AppendFull(chunk);
        }
        return chunk->Records[(int)((random >> 32) % (ulong)chunk->Count)];
    }

    /// <summary>Takes over all chunks of another bucket without looking at them.</summary>
    public void Absorb(ref HashBucket other)
    {
        if (other._open == null)
            return;
        if (_open == null)
            _open = other._open;
        else
            AppendFull(other._open); // only emptying follows, where a chunk may be of any length
        if (other._firstFull != null)
        {
            if (_lastFull == null)
                _firstFull = other._firstFull;
            else
                _lastFull->Next = other._firstFull;
            _lastFull = other._lastFull;
        }
        Count += other.Count;
        other = default;
    }

    /// <summary>Frees the open chunk with what it holds; the bucket must not be empty.</summary>
    public void DropChunk()
    {
        Count -= _open->Count;
        NativeHeap.Free((byte*)_open);
        _open = DetachFirstFull();
    }

    private void AppendFull(Chunk* chunk)
    {
        chunk->Next = null;
        if (_lastFull == null)
            _firstFull = chunk;
        else
            _lastFull->Next = chunk;
        _lastFull = chunk;
    }

    private Chunk* DetachFirstFull()
    {
        Chunk* chunk = _firstFull;
        if (chunk == null)
            return null;
        _firstFull = chunk->Next;
        if (_firstFull == null)
            _lastFull = null;
        return chunk;
    }
}
