namespace RedisAot.Server.Persistence;

/// <summary>How far the loading of a file is.</summary>
/// <param name="StartSeconds">When it began, Unix seconds.</param>
/// <param name="TotalBytes">Length of the file.</param>
/// <param name="LoadedBytes">How much of it has been read.</param>
/// <param name="UsedMemoryWhenWritten">What the server that wrote it used, in bytes; 0: not known.</param>
public readonly record struct LoadingProgress(long StartSeconds, long TotalBytes, long LoadedBytes, long UsedMemoryWhenWritten);
