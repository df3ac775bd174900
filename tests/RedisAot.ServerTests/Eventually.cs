using System.Diagnostics;

using Xunit;

namespace RedisAot.ServerTests;

/// <summary>Waits for what a server does in its own time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public static void True(Func<bool> condition, Func<string> explain)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > Limit)
                Assert.Fail($"Not so after {Limit.TotalSeconds} s: {explain()}");
            Thread.Sleep(20);
        }
    }
}
