using RedisAot.Server.Process;
using Xunit;

namespace RedisAot.UnitTests.Server.Process;

public sealed class ControlGroupTests
{
    [Fact]
    public void TakesTheLeastLimitUpwards()
    {
        Dictionary<string, string> files = new()
        {
            ["/sys/fs/cgroup/memory.max"] = "max",
            ["/sys/fs/cgroup/a/memory.max"] = "1000000",
            ["/sys/fs/cgroup/a/b/memory.max"] = "2000000",
        };
        Assert.Equal(1_000_000, MemoryLimit.OfControlGroup(["0::/a/b"], files.GetValueOrDefault));
        Assert.Equal(1_000_000, MemoryLimit.OfControlGroup(["0::/a"], files.GetValueOrDefault));
        Assert.Equal(long.MaxValue, MemoryLimit.OfControlGroup(["0::/"], files.GetValueOrDefault));
    }

    [Fact]
    public void KnowsTheFirstVersion()
    {
        Dictionary<string, string> files = new()
        {
            // As a container sees it: the path is the host's, the files are those of the container's root.
            ["/sys/fs/cgroup/memory/memory.limit_in_bytes"] = "3000000",
            ["/sys/fs/cgroup/memory/x/memory.limit_in_bytes"] = "9223372036854771712",
        };
        string[] groups = ["5:cpu:/docker/1", "4:memory:/docker/1", "0::/"];
        Assert.Equal(3_000_000, MemoryLimit.OfControlGroup(groups, files.GetValueOrDefault));
        Assert.Equal(3_000_000, MemoryLimit.OfControlGroup(["4:cpu,memory:/x"], files.GetValueOrDefault));
    }

    [Fact]
    public void NoLimitWithoutControlGroups() => Assert.Equal(long.MaxValue, MemoryLimit.OfControlGroup([], _ => null));
}
