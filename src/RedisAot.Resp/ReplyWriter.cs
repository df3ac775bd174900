using System.Buffers.Text;
using System.Runtime.CompilerServices;

namespace RedisAot.Resp;

/// <summary>
/// Writes replies in the protocol version of the client that asked.
/// RESP2 and RESP3 are specified at https://redis.io/docs/latest/develop/reference/protocol-spec/.
/// </summary>
public sealed unsafe class ReplyWriter
{
    private const int MaxHeaderBytes = 32;
    private const int MaxErrorPrefixBytes = 64;

    private readonly byte[] _lastErrorPrefix = new byte[MaxErrorPrefixBytes];
    private int _lastErrorPrefixLength;

    /// <summary>Where the replies go.</summary>
    public OutputBuffer Buffer { get; set; } = null!;

    /// <summary>The protocol version, 2 or 3.</summary>
    public int Protocol { get; set; } = 2;

    /// <summary>Whether the client speaks RESP3.</summary>
    public bool IsResp3 => Protocol == 3;

    /// <summary>Errors written since the writer was made; a caller compares it before and after a command.</summary>
    public long ErrorCount { get; private set; }

    /// <summary>The first word of the last error ("ERR", "WRONGTYPE", …).</summary>
    public ReadOnlySpan<byte> LastErrorPrefix => _lastErrorPrefix.AsSpan(0, _lastErrorPrefixLength);

    /// <summary>+OK</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Ok() => Raw("+OK\r\n"u8);

    /// <summary>Bytes that are a whole reply (or part of one) already.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Raw(ReadOnlySpan<byte> bytes) => Buffer.Append(bytes);

    /// <summary>A simple string; <paramref name="text"/> holds neither CR nor LF.</summary>
    public void SimpleString(ReadOnlySpan<byte> text)
    {
        Raw("+"u8);
        Raw(text);
        Raw("\r\n"u8);
    }

    /// <summary>An error. The text comes without the leading dash; CR and LF in it become spaces, as official does it.</summary>
    public void Error(ReadOnlySpan<byte> text)
    {
        ErrorCount++;
        int space = text.IndexOf((byte)' ');
        ReadOnlySpan<byte> prefix = space < 0 ? text : text[..space];
        _lastErrorPrefixLength = Math.Min(prefix.Length, MaxErrorPrefixBytes);
        prefix[.._lastErrorPrefixLength].CopyTo(_lastErrorPrefix);
        byte* target = Buffer.Reserve(text.Length + 3);
        *target = (byte)'-';
        Span<byte> body = new(target + 1, text.Length);
        text.CopyTo(body);
        body.Replace((byte)'\r', (byte)' ');
        body.Replace((byte)'\n', (byte)' ');
        target[text.Length + 1] = (byte)'\r';
        target[text.Length + 2] = (byte)'\n';
        Buffer.Advance(text.Length + 3);
    }

    /// <summary>An error whose text was composed from Latin-1 characters, one byte each.</summary>
    public void Error(string text)
    {
        Span<byte> bytes = text.Length <= 512 ? stackalloc byte[text.Length] : new byte[text.Length];
        System.Text.Encoding.Latin1.GetBytes(text, bytes);
        Error(bytes);
    }

    /// <summary>An integer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Integer(long value)
    {
        if ((ulong)value < 10)
        {
            byte* target = Buffer.Reserve(4);
            *(uint*)target = (uint)(':' | ('0' + (int)value) << 8 | '\r' << 16 | '\n' << 24);
            Buffer.Advance(4);
            return;
        }
        Header((byte)':', value);
    }

    /// <summary>A bulk string.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Bulk(ReadOnlySpan<byte> value)
    {
        if (!Buffer.TryReserve(value.Length + MaxHeaderBytes))
            return;
        byte* target = WriteHeader(Buffer.End, (byte)'$', value.Length);
        value.CopyTo(new Span<byte>(target, value.Length));
        target += value.Length;
        *(ushort*)target = '\r' | '\n' << 8;
        Buffer.AdvanceTo(target + 2);
    }

    /// <summary>A bulk string of more bytes than a span can hold, perhaps.</summary>
    public void Bulk(byte* bytes, nint length)
    {
        Header((byte)'$', length);
        for (nint at = 0, step; at < length; at += step)
        {
            step = Math.Min(length - at, int.MaxValue);
            Raw(new ReadOnlySpan<byte>(bytes + at, (int)step));
        }
        Raw("\r\n"u8);
    }

    /// <summary>A bulk string of Latin-1 characters, one byte each.</summary>
    public void Bulk(string text)
    {
        Header((byte)'$', text.Length);
        byte* target = Buffer.Reserve(text.Length + 2);
        System.Text.Encoding.Latin1.GetBytes(text, new Span<byte>(target, text.Length));
        target[text.Length] = (byte)'\r';
        target[text.Length + 1] = (byte)'\n';
        Buffer.Advance(text.Length + 2);
    }

    /// <summary>A bulk string that is an integer's decimal text.</summary>
    public void BulkInteger(long value)
    {
        Span<byte> text = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, text, out int length);
        Bulk(text[..length]);
    }

    /// <summary>The null: "$-1" in RESP2, "_" in RESP3.</summary>
    public void Null() => Raw(IsResp3 ? "_\r\n"u8 : "$-1\r\n"u8);

    /// <summary>The null in place of an array: "*-1" in RESP2, "_" in RESP3.</summary>
    public void NullArray() => Raw(IsResp3 ? "_\r\n"u8 : "*-1\r\n"u8);

    /// <summary>The header of an array of <paramref name="count"/> replies.</summary>
    public void ArrayHeader(long count) => Header((byte)'*', count);

    /// <summary>The header of a map of <paramref name="count"/> pairs; in RESP2 an array of twice as many.</summary>
    public void MapHeader(long count) => Header(IsResp3 ? (byte)'%' : (byte)'*', IsResp3 ? count : count * 2);

    /// <summary>The header of a set; in RESP2 an array.</summary>
    public void SetHeader(long count) => Header(IsResp3 ? (byte)'~' : (byte)'*', count);

    /// <summary>The header of an out-of-band push; in RESP2 an array.</summary>
    public void PushHeader(long count) => Header(IsResp3 ? (byte)'>' : (byte)'*', count);

    /// <summary>The header of an attribute of <paramref name="count"/> pairs; RESP3 only.</summary>
    public void AttributeHeader(long count) => Header((byte)'|', count);

    /// <summary>A double; in RESP2 a bulk string of the same text.</summary>
    public void Double(double value)
    {
        Span<byte> text = stackalloc byte[NumberText.MaxDoubleLength];
        DoubleText(text[..NumberText.Format(value, text)]);
    }

    /// <summary>A floating-point number of any format by its text; in RESP2 a bulk string.</summary>
    public void DoubleText(ReadOnlySpan<byte> text)
    {
        if (!IsResp3)
        {
            Bulk(text);
            return;
        }
        Raw(","u8);
        Raw(text);
        Raw("\r\n"u8);
    }

    /// <summary>A boolean; in RESP2 the integer 1 or 0.</summary>
    public void Boolean(bool value) => Raw(IsResp3 ? value ? "#t\r\n"u8 : "#f\r\n"u8 : value ? ":1\r\n"u8 : ":0\r\n"u8);

    /// <summary>A big number given in decimal; in RESP2 a bulk string.</summary>
    public void BigNumber(ReadOnlySpan<byte> digits)
    {
        if (!IsResp3)
        {
            Bulk(digits);
            return;
        }
        Raw("("u8);
        Raw(digits);
        Raw("\r\n"u8);
    }

    /// <summary>A verbatim string; <paramref name="format"/> is three bytes such as "txt". In RESP2 a bulk string.</summary>
    public void Verbatim(ReadOnlySpan<byte> format, ReadOnlySpan<byte> text)
    {
        if (!IsResp3)
        {
            Bulk(text);
            return;
        }
        Header((byte)'=', text.Length + 4);
        Raw(format);
        Raw(":"u8);
        Raw(text);
        Raw("\r\n"u8);
    }

    /// <summary>Remembers where an aggregate begins whose length is known only after its elements were written.</summary>
    public nint BeginDeferred() => Buffer.Length;

    /// <summary>Puts an array header of <paramref name="count"/> at the mark.</summary>
    public void EndDeferredArray(nint mark, long count) => InsertHeader(mark, (byte)'*', count);

    /// <summary>Puts a map header of <paramref name="count"/> pairs at the mark.</summary>
    public void EndDeferredMap(nint mark, long count) =>
        InsertHeader(mark, IsResp3 ? (byte)'%' : (byte)'*', IsResp3 ? count : count * 2);

    /// <summary>Puts a set header of <paramref name="count"/> at the mark.</summary>
    public void EndDeferredSet(nint mark, long count) => InsertHeader(mark, IsResp3 ? (byte)'~' : (byte)'*', count);

    /// <summary>Any type byte followed by a decimal number and CRLF.</summary>
    public void Header(byte type, long value)
    {
        byte* target = Buffer.Reserve(MaxHeaderBytes);
        Buffer.AdvanceTo(WriteHeader(target, type, value));
    }

    private void InsertHeader(nint mark, byte type, long count)
    {
        byte* header = stackalloc byte[MaxHeaderBytes];
        byte* end = WriteHeader(header, type, count);
        Buffer.Insert(mark, new ReadOnlySpan<byte>(header, (int)(end - header)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* WriteHeader(byte* target, byte type, long value)
    {
        *target++ = type;
        if ((ulong)value < 10)
        {
            *target++ = (byte)('0' + value);
        }
        else if ((ulong)value < 100)
        {
            *target++ = (byte)('0' + value / 10);
            *target++ = (byte)('0' + value % 10);
        }
        else
        {
            Utf8Formatter.TryFormat(value, new Span<byte>(target, MaxHeaderBytes), out int digits);
            target += digits;
        }
        *(ushort*)target = '\r' | '\n' << 8;
        return target + 2;
    }
}
