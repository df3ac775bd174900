using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace RedisAot.TestSupport;

/// <summary>A running server with a directory of its own. Dispose kills it and removes the directory.</summary>
public sealed partial class ServerProcess : IDisposable
{
    private const int SignalTerminate = 15;
    private const string ReadyText = "Ready to accept connections";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly ManualResetEventSlim _logged = new();
    private readonly bool _ownsDirectory;

    private ServerProcess(ServerBinary binary, string directory, bool ownsDirectory, int port, IEnumerable<string> arguments)
    {
        binary.MustExist();
        Binary = binary;
        Directory = directory;
        Port = port;
        _ownsDirectory = ownsDirectory;
        var start = new ProcessStartInfo(binary.Path)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = directory,
        };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public ServerBinary Binary { get; }

    /// <summary>The server's working directory.</summary>
    public string Directory { get; }

    /// <summary>The TCP port it was told to use; 0 when a test chose otherwise.</summary>
    public int Port { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>What the server has written to stdout and stderr so far.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    /// <summary>Resident memory in bytes.</summary>
    public long ResidentMemory
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>The most resident memory that the process has had, in bytes.</summary>
    public long PeakMemory
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>
    /// Starts a server on a free loopback port, with no snapshots, in a new directory, and waits until it is ready.
    /// The arguments come last, so they win over these defaults.
    /// </summary>
    public static ServerProcess Start(ServerBinary binary, params string[] arguments)
    {
        for (int attempt = 1; ; attempt++)
        {
            int port = FreePort();
            string directory = NewDirectory();
            var server = new ServerProcess(binary, directory, ownsDirectory: true, port,
                ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", directory, "--save", "", .. arguments]);
            if (server.WaitUntilReady())
                return server;
            string log = server.Log;
            server.Dispose();
            // Another process may have taken the port between the choice and the start.
            if (attempt == 3 || !log.Contains("already in use", StringComparison.OrdinalIgnoreCase))
                throw new InvalidOperationException($"{binary.Path} did not become ready. Its log:\n{log}");
        }
    }

    /// <summary>Starts the binary under test as <see cref="Start(ServerBinary, string[])"/> does.</summary>
    public static ServerProcess Start(params string[] arguments) => Start(ServerBinary.UnderTest, arguments);

    /// <summary>
    /// Runs the binary with exactly these arguments in <paramref name="directory"/>, without waiting for anything.
    /// <paramref name="port"/> is what <see cref="Connect"/> will use.
    /// </summary>
    public static ServerProcess Run(ServerBinary binary, string directory, int port, params string[] arguments) =>
        new(binary, directory, ownsDirectory: false, port, arguments);

    /// <summary>A directory for one test, under the system's temporary directory.</summary>
    public static string NewDirectory() => System.IO.Directory.CreateTempSubdirectory("redis-aot-test-").FullName;

    /// <summary>A loopback port that nobody listens on now.</summary>
    public static int FreePort()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        return port;
    }

    public RespConnection Connect() => RespConnection.Connect(new IPEndPoint(IPAddress.Loopback, Port));

    /// <summary>A connection that has switched to RESP3.</summary>
    public RespConnection Connect3()
    {
        RespConnection connection = Connect();
        connection.Call("HELLO", 3);
        return connection;
    }

    /// <summary>False if it ended or said nothing of being ready in time.</summary>
    public bool WaitUntilReady() => WaitForLog(ReadyText, StartLimit);

    /// <summary>Waits until the log contains the text; false if the process ended or the time ran out before.</summary>
    public bool WaitForLog(string text, TimeSpan limit)
    {
        var clock = Stopwatch.StartNew();
        while (!Log.Contains(text, StringComparison.Ordinal))
        {
            if (clock.Elapsed > limit)
                return false;
            if (_process.HasExited)
            {
                _process.WaitForExit(); // so that the last lines are in
                return Log.Contains(text, StringComparison.Ordinal);
            }
            _logged.Wait(TimeSpan.FromMilliseconds(20));
            _logged.Reset();
        }
        return true;
    }

    /// <summary>Waits for the process to end by itself and returns its exit code.</summary>
    public int WaitForExit(TimeSpan limit)
    {
        if (!_process.WaitForExit(limit))
            throw new TimeoutException($"The server is still running after {limit.TotalSeconds} s. Its log:\n{Log}");
        _process.WaitForExit(); // waits for the redirected output too
        return _process.ExitCode;
    }

    /// <summary>Writes to the server's standard input and closes it.</summary>
    public void WriteInput(string text)
    {
        _process.StandardInput.Write(text);
        _process.StandardInput.Close();
    }

    /// <summary>SIGTERM, then the exit code.</summary>
    public int Stop()
    {
        Signal(SignalTerminate);
        return WaitForExit(TimeSpan.FromSeconds(10));
    }

    public void Signal(int number)
    {
        if (Kill(_process.Id, number) != 0)
            throw new InvalidOperationException($"kill failed with errno {Marshal.GetLastPInvokeError()}.");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit(TimeSpan.FromSeconds(10));
        }
        _process.Dispose();
        if (_ownsDirectory)
            System.IO.Directory.Delete(Directory, recursive: true);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_log)
            _log.Append(line).Append('\n');
        _logged.Set();
    }
}
