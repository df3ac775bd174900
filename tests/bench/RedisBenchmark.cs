using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace RedisAot.Bench;

/// <summary>One run of the official redis-benchmark: 50 clients, keys from a million.</summary>
/// <param name="RequestsPerSecond">Throughput.</param>
/// <param name="P999">The 99.9th percentile of latency, in milliseconds.</param>
public sealed partial record RedisBenchmark(double RequestsPerSecond, double P999)
{
    public static RedisBenchmark Run(int port, string command, int pipeline, int requests)
    {
        string[] arguments =
        [
            "-p", $"{port}", "-c", "50", "-r", "1000000", "-P", $"{pipeline}", "-n", $"{requests}", "--precision", "3",
            .. command.Split(' '),
        ];
        using Process process = Process.Start(new ProcessStartInfo("redis-benchmark", arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Match throughput = Throughput().Match(output);
        if (process.ExitCode != 0 || !throughput.Success)
            throw new InvalidOperationException($"redis-benchmark {string.Join(' ', arguments)} failed: {output}");
        double p999 = Percentile().Matches(output).Where(match => Number(match, 1) >= 99.9).Select(match => Number(match, 2)).First();
        return new RedisBenchmark(Number(throughput, 1), p999);
    }

    private static double Number(Match match, int group) => double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"throughput summary: ([0-9.]+) requests per second")]
    private static partial Regex Throughput();

    [GeneratedRegex(@"([0-9.]+)% <= ([0-9.]+) milliseconds \(cumulative count")]
    private static partial Regex Percentile();
}
