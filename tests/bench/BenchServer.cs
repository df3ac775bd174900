using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace RedisAot.Bench;

/// <summary>A server of one of the two kinds, on the first core, without persistence.</summary>
public sealed class BenchServer : IDisposable
{
    private readonly Process _process;
    private readonly string _directory = Directory.CreateTempSubdirectory("redis-aot-bench-").FullName;

    private BenchServer(string binary, string[] options)
    {
        Port = FreePort();
        string[] arguments =
        [
            "-c", "0", binary, "--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--dir", _directory,
            "--enable-debug-command", "yes", .. options,
        ];
        var start = new ProcessStartInfo("taskset", arguments) { RedirectStandardOutput = true };
        long began = Stopwatch.GetTimestamp();
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        WaitForPong();
        FirstPong = Stopwatch.GetElapsedTime(began);
    }

    /// <summary>The binary at the top of the repository; REDIS_AOT_BINARY names another one.</summary>
    public static string OurBinary { get; } = Environment.GetEnvironmentVariable("REDIS_AOT_BINARY") ?? Path.GetFullPath("redis-aot");

    public static string OfficialBinary { get; } = Environment.GetEnvironmentVariable("OFFICIAL_REDIS_SERVER") ?? "redis-server";

    public int Port { get; }

    /// <summary>From the start of the process to its first answer.</summary>
    public TimeSpan FirstPong { get; }

    /// <summary>CPU time of all its threads, in nanoseconds.</summary>
    public double CpuNanoseconds =>
        Directory.GetDirectories($"/proc/{_process.Id}/task").Sum(task => double.Parse(File.ReadAllText(task + "/schedstat").Split(' ')[0]));

    /// <summary>Resident memory in bytes.</summary>
    public long Resident => Status("VmRSS") * 1024;

    public static BenchServer Ours(params string[] options) => new(OurBinary, options);

    public static BenchServer Official(params string[] options) => new(OfficialBinary, options);

    public RespClient Connect() => new(Port);

    /// <summary>Has the server run before everything else on its core, where the system allows that.</summary>
    public void TryRaisePriority() => TryRaisePriority(_process.Id);

    /// <summary>The same for another process, with the threads that it has now.</summary>
    public static void TryRaisePriority(int processId)
    {
        using Process? chrt = Process.Start(new ProcessStartInfo("chrt", $"--all-tasks --fifo --pid 5 {processId}") { RedirectStandardError = true });
        chrt?.WaitForExit();
    }

    /// <summary>A number of INFO, or null if the server has no such field.</summary>
    public double? Info(string field, string section = "all")
    {
        using RespClient client = Connect();
        string prefix = field + ":";
        string? line = client.Call("INFO " + section)!.Split("\r\n").FirstOrDefault(line => line.StartsWith(prefix, StringComparison.Ordinal));
        return line is null ? null : double.Parse(line[prefix.Length..], CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void WaitForPong()
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using RespClient client = Connect();
                client.Call("PING");
                return;
            }
            catch (SocketException) when (clock.Elapsed.TotalSeconds < 10 && !_process.HasExited)
            {
                Thread.Sleep(1);
            }
        }
    }

    private long Status(string field) =>
        long.Parse(File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith(field, StringComparison.Ordinal))
            .Split((char[])[':', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]);
}
