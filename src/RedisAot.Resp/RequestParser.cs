using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RedisAot.Resp;

/// <summary>What <see cref="RequestParser.Parse"/> found.</summary>
public enum ParseResult
{
    /// <summary>The buffer ends before the request does.</summary>
    Incomplete,

    /// <summary>A request; its arguments are in <see cref="RequestParser.Arguments"/>. There may be none.</summary>
    Complete,

    /// <summary>The peer broke the protocol; <see cref="RequestParser.Error"/> says how. The connection must be closed.</summary>
    Error,
}

/// <summary>What a parser accepts from the client at hand.</summary>
public readonly record struct ParserLimits(long MaxBulkLength, bool AuthenticationRequired);

/// <summary>
/// Parses requests (arrays of bulk strings, or inline lines) out of a buffer. The parser keeps its place within a
/// request that is not complete yet, so that no byte is looked at twice however slowly the request arrives.
/// </summary>
public sealed unsafe class RequestParser
{
    /// <summary>The longest inline request and the longest header line, in bytes.</summary>
    public const int InlineMaxBytes = 64 * 1024;

    private const int UnauthenticatedMaxArguments = 10;
    private const int UnauthenticatedMaxBulkLength = 16384;

    private long _argumentsLeft;
    private long _bulkLength = -1;
    private nint _requestStart;
    private byte[] _inlineBytes = [];
    private byte* _block;

    /// <summary>The arguments of the request that was parsed last; they point into the buffer given to <see cref="Parse"/>.</summary>
    public ArgumentVector Arguments { get; set; } = new();

    /// <summary>Whether the request that was parsed last was a line; the next one will overwrite its arguments' bytes.</summary>
    public bool WasInline { get; private set; }

    /// <summary>Offset in the buffer up to which bytes were used.</summary>
    public nint Position { get; private set; }

    /// <summary>The protocol error, without the words "ERR Protocol error: ".</summary>
    public string Error { get; private set; } = "";

    /// <summary>Whether the parser stands inside a request.</summary>
    public bool InsideRequest => _argumentsLeft > 0;

    /// <summary>Offset in the buffer of the first byte that the request not parsed yet needs.</summary>
    public nint RequestStart => InsideRequest ? _requestStart : Position;

    /// <summary>Bytes, counted from <see cref="Position"/>, without which the next step cannot be done; 0 when unknown.</summary>
    public long BytesNeeded => AwaitedBulkLength >= 0 ? AwaitedBulkLength + 2 : 0;

    /// <summary>Length of the argument whose header was parsed and whose bytes are not all there yet; negative: there is none.</summary>
    public long AwaitedBulkLength => _block == null ? _bulkLength : -1;

    /// <summary>
    /// Gives the parser the argument that it waits for, in a block as <see cref="ArgumentVector.AddBlock"/> wants it; the
    /// buffer goes on behind the argument.
    /// </summary>
    public void Supply(byte* block) => _block = block;

    /// <summary>Frees what a request that will never be complete holds.</summary>
    public void Release()
    {
        NativeMemory.Free(_block);
        _block = null;
        // Outside a request the vector is somebody else's by now.
        if (InsideRequest)
            Arguments.FreeBlocks();
    }

    /// <summary>Stands at the start of a buffer again; the place within a request is kept.</summary>
    public void Rewind() => Position = 0;

    /// <summary>Tells the parser that the first <paramref name="count"/> bytes of the buffer were dropped.</summary>
    public void DropPrefix(nint count)
    {
        Position -= count;
        _requestStart -= count;
        // Outside a request the vector is somebody else's by now.
        if (InsideRequest)
            Arguments.Shift(-count);
    }

    /// <summary>Goes back to the start of a request that was parsed before; what was parsed behind it is forgotten.</summary>
    public void Return(nint requestStart)
    {
        _argumentsLeft = 0;
        _bulkLength = -1;
        Position = requestStart;
    }

    /// <summary>Continues at <see cref="Position"/> and stops behind the first complete request.</summary>
    public ParseResult Parse(byte* buffer, nint length, in ParserLimits limits)
    {
        if (_argumentsLeft == 0)
        {
            if (Position >= length)
                return ParseResult.Incomplete;
            Arguments.Clear();
            _requestStart = Position;
            WasInline = buffer[Position] != '*';
            if (WasInline)
                return ParseInline(buffer, length);
            ParseResult header = ParseArrayHeader(buffer, length, limits);
            if (header != ParseResult.Complete || _argumentsLeft == 0)
                return header;
        }
        return ParseArguments(buffer, length, limits);
    }

    private ParseResult ParseArrayHeader(byte* buffer, nint length, in ParserLimits limits)
    {
        if (!TryReadNumber(buffer, length, "too big mbulk count string", "invalid multibulk length", out long count, out ParseResult failure))
            return failure;
        if (count > int.MaxValue)
            return Fail("invalid multibulk length");
        if (count > UnauthenticatedMaxArguments && limits.AuthenticationRequired)
            return Fail("unauthenticated multibulk length");
        _argumentsLeft = Math.Max(count, 0);
        return ParseResult.Complete;
    }

    private ParseResult ParseArguments(byte* buffer, nint length, in ParserLimits limits)
    {
        while (_argumentsLeft > 0)
        {
            if (_bulkLength < 0)
            {
                ParseResult header = ParseBulkHeader(buffer, length, limits);
                if (header != ParseResult.Complete)
                    return header;
            }
            if (_block != null)
            {
                Arguments.AddBlock(_block, (int)_bulkLength);
                _block = null;
            }
            else
            {
                if (length - Position < _bulkLength + 2)
                    return ParseResult.Incomplete;
                Arguments.Add(Position, (int)_bulkLength);
                Position += (nint)_bulkLength + 2;
            }
            _bulkLength = -1;
            _argumentsLeft--;
        }
        Arguments.SetBase(buffer);
        return ParseResult.Complete;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ParseResult ParseBulkHeader(byte* buffer, nint length, in ParserLimits limits)
    {
        byte* at = buffer + Position;
        // Nearly every argument is shorter than 100 bytes and whole: "$d\r\n" and "$dd\r\n" are read without a search.
        if (length - Position >= 5 && at[0] == '$' && (uint)(at[1] - '0') < 10)
        {
            if (at[2] == '\r')
                return AcceptBulkHeader(at[1] - '0', 4);
            if (at[3] == '\r' && (uint)(at[2] - '0') < 10 && at[1] != '0')
                return AcceptBulkHeader((at[1] - '0') * 10 + at[2] - '0', 5);
        }
        return ParseLongBulkHeader(buffer, length, limits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ParseResult AcceptBulkHeader(int bulkLength, int headerBytes)
    {
        _bulkLength = bulkLength;
        Position += headerBytes;
        return ParseResult.Complete;
    }

    private ParseResult ParseLongBulkHeader(byte* buffer, nint length, in ParserLimits limits)
    {
        nint start = Position;
        if (FindCarriageReturn(buffer, length) < 0)
            return length - start > InlineMaxBytes ? Fail("too big bulk count string") : ParseResult.Incomplete;
        if (buffer[start] != '$')
            return FailExpectedDollar(buffer, length);
        if (!TryReadNumber(buffer, length, "too big bulk count string", "invalid bulk length", out long bulkLength, out ParseResult failure))
            return failure;
        if (bulkLength < 0 || bulkLength > limits.MaxBulkLength || bulkLength > int.MaxValue)
            return Fail("invalid bulk length");
        if (bulkLength > UnauthenticatedMaxBulkLength && limits.AuthenticationRequired)
            return Fail("unauthenticated bulk length");
        _bulkLength = bulkLength;
        return ParseResult.Complete;
    }

    private ParseResult FailExpectedDollar(byte* buffer, nint length)
    {
        // Official looks at the type byte only once the whole header line is there.
        nint end = FindCarriageReturn(buffer, length);
        return end > length - 2 ? ParseResult.Incomplete : Fail($"expected '$', got '{(char)buffer[Position]}'");
    }

    private bool TryReadNumber(byte* buffer, nint length, string tooLong, string invalid, out long number, out ParseResult failure)
    {
        number = 0;
        failure = ParseResult.Incomplete;
        nint end = FindCarriageReturn(buffer, length);
        if (end < 0 && length - Position > InlineMaxBytes)
            failure = Fail(tooLong);
        if (end < 0 || end > length - 2)
            return false;
        ReadOnlySpan<byte> digits = new(buffer + Position + 1, (int)(end - Position - 1));
        if (!NumberText.TryParseLong(digits, out number))
        {
            failure = Fail(invalid);
            return false;
        }
        Position = end + 2;
        return true;
    }

    private nint FindCarriageReturn(byte* buffer, nint length)
    {
        int window = (int)Math.Min(length - Position, int.MaxValue);
        int found = new ReadOnlySpan<byte>(buffer + Position, window).IndexOf((byte)'\r');
        return found < 0 ? -1 : Position + found;
    }

    private ParseResult ParseInline(byte* buffer, nint length)
    {
        int window = (int)Math.Min(length - Position, int.MaxValue);
        ReadOnlySpan<byte> rest = new(buffer + Position, window);
        int newline = rest.IndexOf((byte)'\n');
        if (newline < 0)
            return window > InlineMaxBytes ? Fail("too big inline request") : ParseResult.Incomplete;
        ReadOnlySpan<byte> line = rest[..newline];
        if (line.Length > 0 && line[^1] == '\r')
            line = line[..^1];
        if (_inlineBytes.Length < line.Length || _inlineBytes.Length == 0)
            _inlineBytes = GC.AllocateUninitializedArray<byte>(Math.Max(line.Length, 256), pinned: true);
        if (!InlineArguments.TrySplit(line, _inlineBytes, Arguments))
            return Fail("unbalanced quotes in request");
        Arguments.SetBase((byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_inlineBytes)));
        Position += newline + 1;
        return ParseResult.Complete;
    }

    private ParseResult Fail(string error)
    {
        Error = error;
        return ParseResult.Error;
    }
}
