using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using RedisAot.Data;
using RedisAot.Memory;
using RedisAot.Resp;

namespace RedisAot.Server.Persistence;

/// <summary>Where RDB data come from.</summary>
public interface IRdbInput
{
    /// <summary>Reads up to as many bytes as fit; 0 at the end.</summary>
    /// <exception cref="RdbException">They could not be read.</exception>
    int Read(Span<byte> buffer);
}

/// <summary>
/// Reads the elementary parts of RDB data, through a window of bounded size or from a block of memory. What is damaged or
/// too short ends in an <see cref="RdbException"/>; no length that the data state is believed beyond what can follow.
/// </summary>
public sealed unsafe class RdbReader : IDisposable
{
    private const int WindowBytes = 128 * 1024;

    /// <summary>What an LZF stream can grow to at most: three bytes stand for up to 264.</summary>
    private const int MaxExpansion = 88;

    private readonly IRdbInput? _input;
    private readonly byte* _window;
    private readonly long _totalBytes;
    private byte* _at;
    private byte* _end;

    /// <summary>The bytes from here to <see cref="_at"/> are not in the checksum yet.</summary>
    private byte* _summedTo;

    private long _windowPosition;
    private ulong _checksum;
    private ScratchBlock _scratch;
    private ScratchBlock _kept;

    /// <summary>Reads from an input.</summary>
    /// <param name="input">Gives the bytes; stays the caller's.</param>
    /// <param name="totalBytes">How many there are; <see cref="long.MaxValue"/> when nobody knows.</param>
    public RdbReader(IRdbInput input, long totalBytes)
    {
        _input = input;
        _totalBytes = totalBytes;
        _window = NativeHeap.Allocate(WindowBytes);
        _at = _end = _summedTo = _window;
    }

    /// <summary>Reads a block of memory, which stays where it is meanwhile.</summary>
    public RdbReader(byte* bytes, int length)
    {
        _window = bytes;
        _totalBytes = length;
        _at = _summedTo = bytes;
        _end = bytes + length;
    }

    /// <summary>The version that the data state; decides what some types mean.</summary>
    public int Version { get; set; } = RdbVersion.Default;

    /// <summary>Bytes read so far.</summary>
    public long Position => _windowPosition + (_at - _window);

    /// <summary>Bytes that can still follow.</summary>
    public long Remaining => _totalBytes - Position;

    /// <summary>The checksum of the bytes read so far.</summary>
    public ulong Checksum
    {
        get
        {
            _checksum = Crc64.Append(_checksum, new ReadOnlySpan<byte>(_summedTo, (int)(_at - _summedTo)));
            _summedTo = _at;
            return _checksum;
        }
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        _scratch.Free();
        _kept.Free();
        if (_input != null)
            NativeHeap.Free(_window);
    }

    /// <summary>Reads one byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte ReadByte()
    {
        if (_at == _end)
            Fill(1);
        return *_at++;
    }

    /// <summary>Reads bytes that have to be there, up to <see cref="WindowBytes"/>; they are good until the next read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Take(int count)
    {
        if (_end - _at < count)
            Fill(count);
        byte* start = _at;
        _at += count;
        return new ReadOnlySpan<byte>(start, count);
    }

    /// <summary>Reads as many bytes as fit.</summary>
    public void ReadExact(Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            if (_at == _end)
                Fill(1);
            int count = (int)Math.Min(_end - _at, destination.Length);
            Take(count).CopyTo(destination);
            destination = destination[count..];
        }
    }

    /// <summary>Reads a length or another unsigned number.</summary>
    public ulong ReadLength()
    {
        ulong length = ReadLength(out bool isForm);
        return isForm ? throw RdbException.Corrupt("A string's encoding stands where a length should.") : length;
    }

    /// <summary>Reads a number of things of which each takes at least a byte.</summary>
    public long ReadCount()
    {
        ulong count = ReadLength();
        return count <= (ulong)Remaining
            ? (long)count
            : throw new RdbException(RdbError.UnexpectedEnd, $"Unexpected EOF reading RDB file: {count} elements are more than what follows.");
    }

    /// <summary>Reads a time, Unix ms.</summary>
    public long ReadMilliseconds() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    /// <summary>Reads a time, Unix seconds.</summary>
    public int ReadSeconds() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    /// <summary>Reads a double in binary form.</summary>
    public double ReadDouble() => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));

    /// <summary>Reads a double in the text form of old versions.</summary>
    public double ReadDoubleText()
    {
        int length = ReadByte();
        switch (length)
        {
            case 255:
                return double.NegativeInfinity;
            case 254:
                return double.PositiveInfinity;
            case 253:
                return double.NaN;
        }
        return NumberText.TryParseDouble(Take(length), out double value) ? value : throw RdbException.Corrupt("A score is no number.");
    }

    /// <summary>Reads what precedes a string's bytes, which are to be read next with <see cref="ReadString(in RdbStringHeader, Span{byte})"/>.</summary>
    public RdbStringHeader ReadStringHeader()
    {
        ulong length = ReadLength(out bool isForm);
        if (!isForm)
            return new RdbStringHeader(RdbStringForm.Raw, CheckLength(length, Remaining), (int)length, 0);
        switch (length)
        {
            case 0:
                return OfInteger((sbyte)ReadByte());
            case 1:
                return OfInteger(BinaryPrimitives.ReadInt16LittleEndian(Take(sizeof(short))));
            case 2:
                return OfInteger(BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int))));
            case 3:
                int stored = CheckLength(ReadLength(), Remaining);
                return new RdbStringHeader(RdbStringForm.Compressed, CheckLength(ReadLength(), (long)stored * MaxExpansion), stored, 0);
            default:
                throw RdbException.Corrupt($"Unknown RDB string encoding type {length}");
        }
    }

    /// <summary>Reads the bytes of a string into a place of its length.</summary>
    public void ReadString(in RdbStringHeader header, Span<byte> destination)
    {
        switch (header.Form)
        {
            case RdbStringForm.Raw:
                ReadExact(destination);
                break;
            case RdbStringForm.Integer:
                NumberText.Format(header.Integer, destination);
                break;
            default:
                Decompress(header, destination);
                break;
        }
    }

    /// <summary>Reads a string; its bytes are good until the next read.</summary>
    public ReadOnlySpan<byte> ReadString()
    {
        RdbStringHeader header = ReadStringHeader();
        if (header.Form == RdbStringForm.Raw && header.Length <= WindowBytes)
            return Take(header.Length);
        Span<byte> text = new(_scratch.Take((nuint)header.Length), header.Length);
        ReadString(header, text);
        return text;
    }

    /// <summary>Reads a string; its bytes are good until the next call of this function, whatever else is read.</summary>
    public ReadOnlySpan<byte> ReadKeptString()
    {
        RdbStringHeader header = ReadStringHeader();
        Span<byte> text = new(_kept.Take((nuint)header.Length), header.Length);
        ReadString(header, text);
        return text;
    }

    /// <summary>Reads a string into a block of its own, which the caller frees; an empty one is refused.</summary>
    public byte* ReadBlock(out int length)
    {
        RdbStringHeader header = ReadStringHeader();
        length = header.Length;
        if (length == 0)
            throw RdbException.Corrupt("An encoded collection is empty.");
        byte* block = NativeHeap.Allocate((nuint)length);
        try
        {
            ReadString(header, new Span<byte>(block, length));
        }
        catch
        {
            NativeHeap.Free(block);
            throw;
        }
        return block;
    }

    /// <summary>Passes over bytes.</summary>
    public void Skip(long count)
    {
        while (count > 0)
        {
            int step = (int)Math.Min(count, WindowBytes);
            Take(step);
            count -= step;
        }
    }

    private static RdbStringHeader OfInteger(long value) => new(RdbStringForm.Integer, NumberText.Length(value), 0, value);

    private static int CheckLength(ulong length, long available) =>
        length <= (ulong)Math.Min(available, StringMaxBytes)
            ? (int)length
            : throw new RdbException(RdbError.UnexpectedEnd, $"Unexpected EOF reading RDB file: a string of {length} bytes is longer than what follows.");

    private const long StringMaxBytes = Keyspace.StringValue.MaxBytes;

    private ulong ReadLength(out bool isForm)
    {
        byte first = ReadByte();
        isForm = false;
        switch (first >> 6)
        {
            case 0:
                return first;
            case 1:
                return (ulong)(first & 0x3f) << 8 | ReadByte();
            case 3:
                isForm = true;
                return (ulong)(first & 0x3f);
        }
        return first switch
        {
            0x80 => BinaryPrimitives.ReadUInt32BigEndian(Take(sizeof(uint))),
            0x81 => BinaryPrimitives.ReadUInt64BigEndian(Take(sizeof(ulong))),
            _ => throw RdbException.Corrupt($"Unknown length encoding {first} in rdbLoadLen()"),
        };
    }

    private void Decompress(in RdbStringHeader header, Span<byte> destination)
    {
        if (header.StoredLength <= WindowBytes)
        {
            CheckDecompressed(Lzf.TryDecompress(Take(header.StoredLength), destination));
            return;
        }
        byte* stored = NativeHeap.Allocate((nuint)header.StoredLength);
        try
        {
            ReadExact(new Span<byte>(stored, header.StoredLength));
            CheckDecompressed(Lzf.TryDecompress(new ReadOnlySpan<byte>(stored, header.StoredLength), destination));
        }
        finally
        {
            NativeHeap.Free(stored);
        }
    }

    private static void CheckDecompressed(bool done)
    {
        if (!done)
            throw RdbException.Corrupt("Invalid LZF compressed string");
    }

    /// <summary>Makes so many bytes available in the window.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Fill(int count)
    {
        if (_input == null)
            throw new RdbException(RdbError.UnexpectedEnd, "Unexpected EOF reading RDB data");
        _ = Checksum;
        int left = (int)(_end - _at);
        Buffer.MemoryCopy(_at, _window, WindowBytes, left);
        _windowPosition += _at - _window;
        _at = _summedTo = _window;
        _end = _window + left;
        while (_end - _at < count)
        {
            int read = _input.Read(new Span<byte>(_end, (int)(_window + WindowBytes - _end)));
            if (read == 0)
                throw new RdbException(RdbError.UnexpectedEnd, "Unexpected EOF reading RDB file");
            _end += read;
        }
    }
}
