using System.Text;
using RedisAot.Server.Configuration;
using Xunit;

namespace RedisAot.UnitTests.Server.Configuration;

public sealed class ConfigFileReaderTests : IDisposable
{
    private readonly ServerConfig _config = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("redis-aot-config-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Comments_blanks_and_case_do_not_matter_and_the_last_line_counts()
    {
        Load("# a comment\n\n  PORT   1  \r\n\ttimeout\t5\nport 2\n");
        Assert.Equal(2, _config.Port);
        Assert.Equal(5, _config.Timeout);
    }

    [Theory]
    [InlineData("save 1 1\nsave 2 2", "1 1 2 2")]
    [InlineData("save \"1 1 2 2\"", "1 1 2 2")]
    [InlineData("save \"\"", "")]
    [InlineData("save 1 1\nsave \"\"\nsave 2 2", "2 2")]
    [InlineData("port 1", "3600 1 300 100 60 10000")]
    public void Save_lines_add_up(string text, string shown)
    {
        Load(text);
        Assert.Equal(shown, Encoding.ASCII.GetString(_config.Get("save")));
    }

    [Theory]
    [InlineData("port 1\n foo bar \n", 2, "foo bar", "Bad directive or wrong number of arguments")]
    [InlineData("port", 1, "port", "wrong number of arguments")]
    [InlineData("port 1 2", 1, "port 1 2", "wrong number of arguments")]
    [InlineData("save '1", 1, "save '1", "Unbalanced quotes in configuration line")]
    [InlineData("hz x", 1, "hz x", "argument couldn't be parsed into an integer")]
    [InlineData("unixsocketperm 888", 1, "unixsocketperm 888", "argument couldn't be parsed as an octal number")]
    [InlineData("unixsocketperm 1777", 1, "unixsocketperm 1777", "argument must be between 0 and 777 inclusive")]
    [InlineData("replicaof a 70000", 1, "replicaof a 70000", "Invalid master port")]
    [InlineData("dir /no/such/directory", 1, "dir /no/such/directory", "No such file or directory")]
    [InlineData("sentinel monitor", 1, "sentinel monitor", "sentinel directive while not in sentinel mode")]
    public void An_error_names_its_line(string text, int line, string shown, string message)
    {
        var error = Assert.Throws<ConfigFileException>(() => Load(text));
        Assert.Equal(
            $"\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\nReading the configuration file, at line {line}\n>>> '{shown}'\n{message}\n",
            error.Describe("7.0.15"));
    }

    [Fact]
    public void Directives_that_contradict_each_other_are_an_error_of_the_whole()
    {
        var error = Assert.Throws<ConfigFileException>(() => Load("cluster-enabled yes\nreplicaof a 1"));
        Assert.Equal(
            "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\nreplicaof directive not allowed in cluster mode\n",
            error.Describe("7.0.15"));
    }

    [Fact]
    public void Files_are_included_by_name_and_by_pattern()
    {
        Write("a.conf", "timeout 5");
        Write("b.conf", "tcp-keepalive 7\nsave 9 9");
        Load($"save 8 8\ninclude {_directory}/*.conf\ninclude {_directory}/none*.conf\nsave 7 7");
        Assert.Equal((5, 7), (_config.Timeout, _config.TcpKeepAlive));
        Assert.Equal("8 8 9 9 7 7", Encoding.ASCII.GetString(_config.Get("save")));
    }

    [Fact]
    public void A_missing_include_is_fatal()
    {
        var error = Assert.Throws<ConfigFileException>(() => Load("include /no/such/file"));
        Assert.True(error.IsUnreadable);
        Assert.Equal("Fatal error, can't open config file '/no/such/file': No such file or directory", error.Message);
    }

    [Fact]
    public void A_file_that_includes_itself_is_refused()
    {
        Write("loop.conf", $"include {_directory}/loop.conf");
        Assert.Throws<ConfigFileException>(() => Load($"include {_directory}/loop.conf"));
    }

    [Fact]
    public void Standard_input_goes_over_the_file_and_options_over_both()
    {
        Write("a.conf", "timeout 1\ntcp-keepalive 1\nport 1");
        new ConfigFileReader(_config).Load(_directory + "/a.conf", "\ntcp-keepalive 2\nport 2"u8, "port 3"u8);
        Assert.Equal((1, 2, 3), (_config.Timeout, _config.TcpKeepAlive, _config.Port));
    }

    [Fact]
    public void Lines_for_others_are_kept_and_checked()
    {
        var reader = new ConfigFileReader(_config)
        {
            RenameCommand = (name, _) => name[0] == 'x' ? "No such command in rename-command" : null,
        };
        reader.LoadText("rename-command FLUSHALL \"\"\nuser bob on\nloadmodule /m.so 1 2"u8);
        Assert.Single(_config.RenamedCommands);
        Assert.Equal(["user", "bob", "on"], Array.ConvertAll(_config.UserDeclarations[0], Encoding.ASCII.GetString));
        Assert.Equal(["/m.so", "1", "2"], Array.ConvertAll(_config.LoadModules[0], Encoding.ASCII.GetString));
        var error = Assert.Throws<ConfigFileException>(() => reader.LoadText("rename-command x y"u8));
        Assert.Equal("No such command in rename-command", error.Message);
    }

    private void Load(string text) => new ConfigFileReader(_config).LoadText(Encoding.Latin1.GetBytes(text));

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_directory, name), content);
}
