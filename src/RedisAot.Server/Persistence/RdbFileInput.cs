using RedisAot.Server.Process;

namespace RedisAot.Server.Persistence;

/// <summary>A file as the source of RDB data.</summary>
internal sealed class RdbFileInput : IRdbInput, IDisposable
{
    private int _descriptor;

    private RdbFileInput(int descriptor, long length)
    {
        _descriptor = descriptor;
        Length = length;
    }

    /// <summary>Length of the file in bytes.</summary>
    public long Length { get; }

    /// <summary>Opens a file; null, with the system's error text, when that fails.</summary>
    public static RdbFileInput? Open(string path, out string? error)
    {
        int descriptor = LibC.OpenForReading(path);
        long length = descriptor < 0 ? -1 : LibC.FileLength(descriptor);
        error = length < 0 ? LibC.LastError() : null;
        if (length >= 0)
            return new RdbFileInput(descriptor, length);
        if (descriptor >= 0)
            LibC.Close(descriptor);
        return null;
    }

    /// <inheritdoc/>
    public int Read(Span<byte> buffer)
    {
        int read = LibC.Read(_descriptor, buffer);
        return read >= 0 ? read : throw new RdbException(RdbError.UnexpectedEnd, $"Reading failed: {LibC.LastError()}");
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        if (_descriptor >= 0)
            LibC.Close(_descriptor);
        _descriptor = -1;
    }
}
