using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RedisAot.Data;

namespace RedisAot.Server.Persistence;

/// <summary>Where RDB data go.</summary>
public interface IRdbOutput
{
    /// <summary>Takes bytes; what goes wrong is the output's to remember.</summary>
    void Write(ReadOnlySpan<byte> bytes);
}

/// <summary>
/// Writes the elementary parts of RDB data, into an output through a buffer of bounded size, or into memory. What it uses of
/// memory is not of the native heap, so that it can work on any thread.
/// </summary>
public sealed unsafe partial class RdbWriter : IDisposable
{
    private const int BufferBytes = 64 * 1024;
    private const int FirstMemoryBytes = 256;

    /// <summary>Shorter strings are not worth compressing, nor is saving fewer bytes than the second; both as in official Redis.</summary>
    private const int MinCompressBytes = 20, MinCompressImprove = 4;

    /// <summary>Only strings this short are looked at for being integers of up to 32 bits.</summary>
    private const int MaxIntegerTextBytes = 11;

    private readonly IRdbOutput? _output;
    private readonly bool _compress;
    private readonly bool _isFramed;
    private byte* _buffer;
    private nuint _capacity;
    private nuint _length;
    private nuint _summed;
    private long _flushedBytes;
    private ulong _checksum;
    private ScratchBlock _scratch;

    /// <summary>Writes into <paramref name="output"/>, or into memory when it is null.</summary>
    /// <param name="output">Takes the bytes; stays the caller's.</param>
    /// <param name="compress">Whether strings are LZF-compressed.</param>
    /// <param name="framed">Whether compression and checksum are left to an <see cref="RdbFrameReader"/>, which the output leads to.</param>
    public RdbWriter(IRdbOutput? output, bool compress, bool framed = false)
    {
        _output = output;
        _compress = compress;
        _isFramed = framed;
        _capacity = (nuint)(output == null ? FirstMemoryBytes : BufferBytes);
        _buffer = (byte*)NativeMemory.Alloc(_capacity);
        if (framed)
            OpenFrame();
    }

    /// <summary>Another that writes into memory what <see cref="WriteAll"/> then puts into this one.</summary>
    public RdbWriter NewBuffer() => new(null, _compress, _isFramed);

    /// <summary>Bytes written so far.</summary>
    public long Position => _flushedBytes + (long)_length;

    /// <summary>What has been written into memory, <see cref="Position"/> bytes; good until the next write.</summary>
    public byte* Written => _buffer;

    /// <summary>The checksum of the bytes written so far.</summary>
    public ulong Checksum
    {
        get
        {
            while (_summed < _length)
            {
                int step = (int)nuint.Min(_length - _summed, int.MaxValue);
                _checksum = Crc64.Append(_checksum, new ReadOnlySpan<byte>(_buffer + _summed, step));
                _summed += (nuint)step;
            }
            return _checksum;
        }
    }

    /// <summary>Gives the memory back; what is not flushed is lost.</summary>
    public void Dispose()
    {
        NativeMemory.Free(_buffer);
        _scratch.Free();
        _buffer = null;
    }

    /// <summary>Hands everything to the output.</summary>
    public void Flush()
    {
        if (_output == null || _length == 0)
            return;
        bool wasOpen = _isFrameOpen;
        if (_isFramed)
            CloseFrame();
        else
            _ = Checksum;
        if (_length > 0)
            _output.Write(new ReadOnlySpan<byte>(_buffer, (int)_length));
        _flushedBytes += (long)_length;
        _length = _summed = 0;
        if (wasOpen)
            OpenFrame();
    }

    /// <summary>Writes the checksum of all that was written, or what stands for none, and hands everything to the output.</summary>
    public void WriteChecksum(bool isWanted)
    {
        if (_isFramed)
            WriteChecksumFrame(isWanted);
        else
            WriteMilliseconds((long)(isWanted ? Checksum : 0));
        Flush();
    }

    /// <summary>Writes the type of a value.</summary>
    public void Write(RdbType type) => WriteByte((byte)type);

    /// <summary>Writes what stands in place of a type.</summary>
    public void Write(RdbOpcode opcode) => WriteByte((byte)opcode);

    /// <summary>Writes one byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteByte(byte value)
    {
        *Reserve(1) = value;
        _length++;
    }

    /// <summary>Writes bytes as they are.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > BufferBytes && _output != null)
        {
            Flush();
            if (_isFramed)
                WriteFrameHead(FrameKind.Raw, bytes.Length);
            else
                _checksum = Crc64.Append(_checksum, bytes);
            _output.Write(bytes);
            _flushedBytes += bytes.Length;
            return;
        }
        Copy(bytes);
    }

    /// <summary>Writes all that another has written into memory; a string that was begun there may go on here.</summary>
    public void WriteAll(RdbWriter other)
    {
        bool isOpen = other._isFrameOpen;
        CloseFrame();
        other.CloseFrame();
        byte* end = other.Written + other.Position;
        for (byte* at = other.Written; at < end; at += Math.Min(end - at, BufferBytes / 2))
            Copy(new ReadOnlySpan<byte>(at, (int)Math.Min(end - at, BufferBytes / 2)));
        if (isOpen)
            OpenFrame();
    }

    private void Copy(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(new Span<byte>(Reserve((nuint)bytes.Length), bytes.Length));
        _length += (nuint)bytes.Length;
    }

    /// <summary>Writes a length or another unsigned number.</summary>
    public void WriteLength(ulong value)
    {
        byte* at = Reserve(9);
        if (value < 1 << 6)
        {
            *at = (byte)value;
            _length++;
        }
        else if (value < 1 << 14)
        {
            BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(at, 2), (ushort)(0x4000 | value));
            _length += 2;
        }
        else if (value <= uint.MaxValue)
        {
            *at = 0x80;
            BinaryPrimitives.WriteUInt32BigEndian(new Span<byte>(at + 1, 4), (uint)value);
            _length += 5;
        }
        else
        {
            *at = 0x81;
            BinaryPrimitives.WriteUInt64BigEndian(new Span<byte>(at + 1, 8), value);
            _length += 9;
        }
    }

    /// <summary>Writes a time, Unix ms.</summary>
    public void WriteMilliseconds(long unixMs)
    {
        BinaryPrimitives.WriteInt64LittleEndian(new Span<byte>(Reserve(sizeof(long)), sizeof(long)), unixMs);
        _length += sizeof(long);
    }

    /// <summary>Writes a double in binary form.</summary>
    public void WriteDouble(double value) => WriteMilliseconds(BitConverter.DoubleToInt64Bits(value));

    /// <summary>Writes a string: as an integer if it is the text of a short one, compressed if that is worth while, else as it is.</summary>
    public void WriteString(ReadOnlySpan<byte> text)
    {
        if (text.Length <= MaxIntegerTextBytes && DecimalInteger.TryParse(text, out long value) && TryWriteInteger(value))
            return;
        if (_compress && text.Length > MinCompressBytes && (_isFramed ? TryWriteFrame(text) : TryWriteCompressed(text)))
            return;
        WriteLength((ulong)text.Length);
        WriteRaw(text);
    }

    /// <summary>Writes an integer as a string.</summary>
    public void WriteString(long value)
    {
        if (TryWriteInteger(value))
            return;
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        ReadOnlySpan<byte> text = DecimalInteger.Format(value, scratch);
        WriteLength((ulong)text.Length);
        WriteRaw(text);
    }

    /// <summary>Writes a string whose LZF stream there is already.</summary>
    public void WriteCompressed(ReadOnlySpan<byte> stream, int length)
    {
        WriteByte(0xc3);
        WriteLength((ulong)stream.Length);
        WriteLength((ulong)length);
        WriteRaw(stream);
    }

    private bool TryWriteInteger(long value)
    {
        if (value != (int)value)
            return false;
        byte* at = Reserve(5);
        if (value == (sbyte)value)
        {
            at[0] = 0xc0;
            at[1] = (byte)value;
            _length += 2;
        }
        else if (value == (short)value)
        {
            at[0] = 0xc1;
            BinaryPrimitives.WriteInt16LittleEndian(new Span<byte>(at + 1, 2), (short)value);
            _length += 3;
        }
        else
        {
            at[0] = 0xc2;
            BinaryPrimitives.WriteInt32LittleEndian(new Span<byte>(at + 1, 4), (int)value);
            _length += 5;
        }
        return true;
    }

    private bool TryWriteCompressed(ReadOnlySpan<byte> text)
    {
        int room = text.Length - MinCompressImprove;
        byte* scratch = _scratch.Take((nuint)room);
        int written = Lzf.Compress(text, new Span<byte>(scratch, room));
        if (written == 0)
            return false;
        WriteCompressed(new ReadOnlySpan<byte>(scratch, written), text.Length);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* Reserve(nuint bytes)
    {
        if (_capacity - _length < bytes)
            MakeRoom(bytes);
        return _buffer + _length;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MakeRoom(nuint bytes)
    {
        Flush();
        if (_capacity - _length >= bytes)
            return;
        _capacity = Math.Max(_capacity * 2, _length + bytes);
        _buffer = (byte*)NativeMemory.Realloc(_buffer, _capacity);
    }
}
