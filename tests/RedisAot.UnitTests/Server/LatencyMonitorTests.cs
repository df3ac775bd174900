using RedisAot.Server.Configuration;
using RedisAot.Server.Diagnostics;
using Xunit;

namespace RedisAot.UnitTests.Server;

public sealed class LatencyMonitorTests
{
    [Fact]
    public void OneSpikeASecondIsKeptTheWorst()
    {
        LatencyMonitor monitor = new();
        monitor.Add("command", 10, 100);
        monitor.Add("command", 30, 100);
        monitor.Add("command", 20, 100);
        monitor.Add("command", 5, 101);
        LatencySeries series = monitor.Series["command"];
        Assert.Equal(2, series.Count);
        Assert.Equal((100, 30), series[0]);
        Assert.Equal((101, 5), series.Latest);
        Assert.Equal(30, series.AllTimeMax);
        Assert.Equal((17, 12, 9), series.Analyze(109));
    }

    [Fact]
    public void AHundredAndSixtySpikesAreKept()
    {
        LatencyMonitor monitor = new();
        for (int i = 1; i <= 200; i++)
            monitor.Add("fork", i, i);
        LatencySeries series = monitor.Series["fork"];
        Assert.Equal(160, series.Count);
        Assert.Equal((41, 41), series[0]);
        Assert.Equal((200, 200), series.Latest);
        Assert.Equal(1, monitor.Reset("FORK"));
        Assert.Empty(monitor.Series);
    }

    [Fact]
    public void TheGraphIsTheOfficialOne()
    {
        LatencyMonitor monitor = new();
        monitor.Add("command", 100, 1000);
        monitor.Add("command", 400, 1055);
        monitor.Add("command", 250, 1059);
        string expected = "command - high 400 ms, low 100 ms (all time high 400 ms)\n" + new string('-', 80) + "\n"
            + " # \n" + " |_\n" + " ||\n" + "_||\n" + "   \n" + "144\n" + "m40\n" + " ss\n";
        Assert.Equal(expected, LatencyGraph.Draw("command", monitor.Series["command"], 1099));
    }

    [Fact]
    public void TheDoctorKnowsWhenThereIsNothingToSay()
    {
        ServerConfig config = new();
        Assert.StartsWith("I'm sorry, Dave", LatencyDoctor.Report(new LatencyMonitor(), config, 0));
        config.LatencyMonitorThreshold = 100;
        LatencyMonitor monitor = new();
        monitor.Add("command", 150, 10);
        Assert.Contains("1. command: 1 latency spikes (average 150ms, mean deviation 0ms, period 5.00 sec). Worst all time event 150ms.\n",
            LatencyDoctor.Report(monitor, config, 15));
    }
}
