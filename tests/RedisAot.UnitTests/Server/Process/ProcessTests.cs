using RedisAot.Server.Configuration;
using RedisAot.Server.Process;
using Xunit;

namespace RedisAot.UnitTests.Server.Process;

public sealed class ProcessTests
{
    [Theory]
    [InlineData("{title} {listen-addr} {server-mode}", "x *:6379")]
    [InlineData("{{{port}}", "{6379}")]
    [InlineData("{config-file}", "-")]
    [InlineData("{unknown}", null)]
    [InlineData("{port", null)]
    public void Titles_have_variables(string template, string? title) =>
        Assert.Equal(title, ProcTitle.Expand(new ServerConfig(), template, "x"));

    [Theory]
    [InlineData("0", 0b1ul)]
    [InlineData("1,3", 0b1010ul)]
    [InlineData("0-3", 0b1111ul)]
    [InlineData("0-6:2,1", 0b1010111ul)]
    [InlineData("a", null)]
    [InlineData("0-3:0", null)]
    [InlineData("5000", null)]
    public void Lists_of_processors_are_understood(string list, ulong? bits) => Assert.Equal(bits, CpuAffinity.Parse(list)?[0]);

    [Fact]
    public void The_command_line_is_where_the_kernel_says()
    {
        ProcessMemoryMap map = Assert.NotNull(ProcessMemoryMap.Read());
        Assert.Equal(File.ReadAllBytes("/proc/self/cmdline").Length, (int)(map.ArgumentsEnd - map.ArgumentsStart));
    }

    [Fact]
    public void Log_lines_have_the_official_form() =>
        Assert.Matches(@"^\d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d\.\d{3}$", LocalTime.Now.ToString());
}
