using System.Buffers.Binary;

namespace RedisAot.Server.Persistence;

/// <summary>Makes RDB data of the frames that a writer has left, on another thread than that one.</summary>
/// <param name="writer">Compresses, sums and hands on; goes with the reader.</param>
internal sealed class RdbFrameReader(RdbWriter writer) : IRdbOutput, IDisposable
{
    private readonly byte[] _head = new byte[RdbWriter.FrameHeadBytes];
    private int _headBytes;
    private FrameKind _kind;
    private long _left;

    // A string that came in parts, as far as it has come.
    private byte[] _string = [];
    private int _stringBytes;

    /// <inheritdoc/>
    public void Dispose() => writer.Dispose();

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_left == 0)
            {
                TakeHead(ref bytes);
                continue;
            }
            ReadOnlySpan<byte> part = bytes[..(int)Math.Min(_left, bytes.Length)];
            bytes = bytes[part.Length..];
            _left -= part.Length;
            if (_kind == FrameKind.Raw)
                writer.WriteRaw(part);
            else
                TakeString(part);
        }
    }

    private void TakeHead(ref ReadOnlySpan<byte> bytes)
    {
        int taken = Math.Min(bytes.Length, _head.Length - _headBytes);
        bytes[..taken].CopyTo(_head.AsSpan(_headBytes));
        bytes = bytes[taken..];
        _headBytes += taken;
        if (_headBytes < _head.Length)
            return;
        ulong head = BinaryPrimitives.ReadUInt64LittleEndian(_head);
        _headBytes = 0;
        _kind = (FrameKind)(head >> RdbWriter.FrameKindShift);
        _left = (long)(head & ((1UL << RdbWriter.FrameKindShift) - 1));
        if (_kind != FrameKind.Checksum)
            return;
        writer.WriteChecksum(_left != 0);
        _left = 0;
    }

    private void TakeString(ReadOnlySpan<byte> part)
    {
        if (_left == 0 && _stringBytes == 0)
        {
            writer.WriteString(part);
            return;
        }
        int whole = _stringBytes + part.Length + (int)_left;
        if (_string.Length < whole)
            Array.Resize(ref _string, whole);
        part.CopyTo(_string.AsSpan(_stringBytes));
        _stringBytes += part.Length;
        if (_left > 0)
            return;
        writer.WriteString(_string.AsSpan(0, _stringBytes));
        _stringBytes = 0;
        _string = [];
    }
}
