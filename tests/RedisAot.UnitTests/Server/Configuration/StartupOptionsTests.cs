using System.Text;
using RedisAot.Server.Configuration;
using Xunit;

namespace RedisAot.UnitTests.Server.Configuration;

public sealed class StartupOptionsTests
{
    [Theory]
    [InlineData("--port|7777", "port \"7777\" ")]
    [InlineData("--port 7777|--hz 5", "port 7777 \nhz 5 ")]
    [InlineData("--save|900|1|--save|300|10", "save \"900\" \"1\" \nsave \"300\" \"10\" ")]
    [InlineData("--save|900 1|--port|1", "save \"900 1\" \nport \"1\" ")]
    [InlineData("--save||--port|1", "save \"\" \nport \"1\" ")]
    [InlineData("--save|--port|1", "save \"\"\nport \"1\" ")]
    [InlineData("--port|1|--save", "port \"1\" \nsave \"\"")]
    [InlineData("--proc-title-template|--{title}", "proc-title-template \"--{title}\" ")]
    [InlineData("/x.conf|--hz|5|-", "hz \"5\" ")]
    [InlineData("-|--hz|5", "hz \"5\" ")]
    public void Options_become_lines(string arguments, string lines) => Assert.Equal(lines, Lines(arguments.Split('|')));

    [Fact]
    public void A_first_argument_without_dash_is_the_file()
    {
        StartupOptions options = StartupOptions.Parse(["/etc/redis.conf", "--port", "1", "-"]);
        Assert.Equal("/etc/redis.conf", options.ConfigFile);
        Assert.True(options.ReadsStandardInput);
        Assert.True(options.HasArguments);
        Assert.StartsWith("/", StartupOptions.Parse(["redis.conf"]).ConfigFile!);
    }

    [Theory]
    [InlineData("-v", StartupAction.Version)]
    [InlineData("--version", StartupAction.Version)]
    [InlineData("-h", StartupAction.Help)]
    [InlineData("--help", StartupAction.Help)]
    [InlineData("--check-system", StartupAction.CheckSystem)]
    [InlineData("--test-memory", StartupAction.TestMemory)]
    [InlineData("--sentinel", StartupAction.Sentinel)]
    public void Some_options_do_something_else(string argument, StartupAction action) =>
        Assert.Equal(action, StartupOptions.Parse([argument]).Action);

    [Fact]
    public void No_arguments_mean_defaults()
    {
        StartupOptions options = StartupOptions.Parse([]);
        Assert.Equal(StartupAction.Run, options.Action);
        Assert.False(options.HasArguments);
        Assert.Null(options.ConfigFile);
    }

    private static string Lines(string[] arguments) => Encoding.UTF8.GetString(StartupOptions.Parse(arguments).ConfigLines);
}
