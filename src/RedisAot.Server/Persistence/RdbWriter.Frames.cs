using System.Buffers.Binary;

namespace RedisAot.Server.Persistence;

/// <summary>What a frame holds.</summary>
internal enum FrameKind : byte
{
    /// <summary>Bytes as they are.</summary>
    Raw,

    /// <summary>A string to be compressed, if that is worth while.</summary>
    String,

    /// <summary>Nothing: the checksum comes here. In place of the length, whether it is wanted.</summary>
    Checksum,
}

/// <content>
/// Frames: so that compressing and summing, most of the work there is, need not be done under the execution lock, the writer
/// says only what is to be done, and an <see cref="RdbFrameReader"/> does it on another thread. Eight bytes precede a frame: its
/// kind in the last one, its length in the others. The bytes of several frames are one stream, which may be cut anywhere.
/// </content>
public sealed unsafe partial class RdbWriter
{
    internal const int FrameHeadBytes = sizeof(ulong);
    internal const int FrameKindShift = 56;

    /// <summary>Longer strings are not compressed: the other thread would need as much memory again.</summary>
    private const int MaxFramedStringBytes = 32 * 1024 * 1024;

    // Where the frame of raw bytes begins that takes what is written, if there is one.
    private nuint _frame;
    private bool _isFrameOpen;

    /// <summary>Begins a string of so many bytes, which follow by <see cref="WritePiece"/> and nothing in between, then <see cref="EndString"/>.</summary>
    public void BeginString(int length)
    {
        if (!_isFramed || !_compress || length > MaxFramedStringBytes)
        {
            WriteLength((ulong)length);
            return;
        }
        Reserve(FrameHeadBytes);
        CloseFrame();
        PutFrameHead(_buffer + _length, FrameKind.String, (nuint)length);
        _length += FrameHeadBytes;
    }

    /// <summary>Writes some of the bytes of a string that was begun.</summary>
    public void WritePiece(ReadOnlySpan<byte> bytes)
    {
        if (_isFramed && !_isFrameOpen)
            Copy(bytes);
        else
            WriteRaw(bytes);
    }

    /// <summary>All bytes of a string that was begun are written.</summary>
    public void EndString()
    {
        if (_isFramed && !_isFrameOpen)
            OpenFrame();
    }

    private void OpenFrame()
    {
        Reserve(FrameHeadBytes);
        _frame = _length;
        _length += FrameHeadBytes;
        _isFrameOpen = true;
    }

    private void CloseFrame()
    {
        if (!_isFrameOpen)
            return;
        _isFrameOpen = false;
        nuint bytes = _length - _frame - FrameHeadBytes;
        if (bytes == 0)
            _length = _frame;
        else
            PutFrameHead(_buffer + _frame, FrameKind.Raw, bytes);
    }

    private bool TryWriteFrame(ReadOnlySpan<byte> text)
    {
        if (text.Length > MaxFramedStringBytes)
            return false;
        if (text.Length + FrameHeadBytes > BufferBytes / 2 && _output != null)
        {
            Flush();
            WriteFrameHead(FrameKind.String, text.Length);
            _output.Write(text);
            _flushedBytes += text.Length;
            return true;
        }
        // One room for all, lest a flush in between open a frame.
        Reserve((nuint)text.Length + 2 * FrameHeadBytes);
        CloseFrame();
        byte* at = _buffer + _length;
        PutFrameHead(at, FrameKind.String, (nuint)text.Length);
        text.CopyTo(new Span<byte>(at + FrameHeadBytes, text.Length));
        _length += (nuint)text.Length + FrameHeadBytes;
        OpenFrame();
        return true;
    }

    private void WriteChecksumFrame(bool isWanted)
    {
        Reserve(2 * FrameHeadBytes);
        CloseFrame();
        PutFrameHead(_buffer + _length, FrameKind.Checksum, isWanted ? 1u : 0u);
        _length += FrameHeadBytes;
        OpenFrame();
    }

    /// <summary>Hands the head of a frame to the output, whose bytes follow; nothing is in the buffer but an empty frame.</summary>
    private void WriteFrameHead(FrameKind kind, int length)
    {
        byte* head = stackalloc byte[FrameHeadBytes];
        PutFrameHead(head, kind, (nuint)length);
        _output!.Write(new ReadOnlySpan<byte>(head, FrameHeadBytes));
    }

    private static void PutFrameHead(byte* at, FrameKind kind, nuint length) =>
        BinaryPrimitives.WriteUInt64LittleEndian(new Span<byte>(at, FrameHeadBytes), (ulong)kind << FrameKindShift | length);
}
