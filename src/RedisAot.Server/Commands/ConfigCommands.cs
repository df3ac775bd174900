using System.Text;
using RedisAot.Server.Configuration;
using RedisAot.Server.Process;

namespace RedisAot.Server.Commands;

/// <summary>CONFIG. See https://redis.io/docs/latest/commands/config/.</summary>
internal static unsafe class ConfigCommands
{
    private static void ConfigGet(CommandContext c)
    {
        List<(byte[] Name, byte[] Value)> found = ConfigQuery.Get(c.Server.Config, ArgumentsFrom(c, 2));
        c.Reply.MapHeader(found.Count);
        foreach ((byte[] name, byte[] value) in found)
        {
            c.Reply.Bulk(name);
            c.Reply.Bulk(value);
        }
    }

    private static void ConfigSet(CommandContext c)
    {
        if (c.ArgCount % 2 != 0)
        {
            c.SyntaxError();
            return;
        }

        for (int i = 2; i < c.ArgCount; i += 2)
        {
            if (ConfigUpdate.IsSensitive(c[i]))
                c.Redact(i + 1);
        }
        string? error = ConfigUpdate.Set(c.Server.Config, ArgumentsFrom(c, 2), c.Server.IsLoading, RedisServer.IsLocal(c.Client));
        if (error == null) c.Reply.Ok();
        else c.Reply.Error(Encoding.Latin1.GetBytes(error));
    }

    /// <summary>Rewrites the configuration file; <paramref name="everything"/>: directives at their defaults too.</summary>
    public static void Rewrite(CommandContext c, bool everything)
    {
        if (c.Server.Config.ConfigFile == null)
        {
            c.Reply.Error("ERR The server is running without a config file"u8);
            return;
        }

        if (Configuration.ConfigRewrite.Run(c.Server.Config, everything) is { } error)
        {
            ServerLog.Warning("CONFIG REWRITE failed: " + error);
            c.Reply.Error("ERR Rewriting config file: " + error);
            return;
        }

        ServerLog.Warning("CONFIG REWRITE executed with success.");
        c.Reply.Ok();
    }

    private static void ConfigRewrite(CommandContext c) => Rewrite(c, everything: false);

    private static void ConfigResetStat(CommandContext c)
    {
        c.Server.Stats.Reset();
        c.Server.LazyFree.ResetStatistics();
        c.Server.Snapshots.ResetStatistics();
        c.Server.Aof.ResetStatistics();
        foreach (CommandRow row in c.Server.Commands.ById)
        {
            row.Calls = row.Microseconds = row.RejectedCalls = row.FailedCalls = 0;
            row.Latencies = null;
        }
        c.Reply.Ok();
    }

    private static void ConfigHelp(CommandContext c) => HelpReply.Write(
        c,
        "GET <pattern>",
        "    Return parameters matching the glob-like <pattern> and their values.",
        "SET <directive> <value>",
        "    Set the configuration <directive> to <value>.",
        "RESETSTAT",
        "    Reset statistics reported by the INFO command.",
        "REWRITE",
        "    Rewrite the configuration file.");

    private static byte[][] ArgumentsFrom(CommandContext c, int first)
    {
        var arguments = new byte[c.ArgCount - first][];
        for (int i = 0; i < arguments.Length; i++) arguments[i] = c[first + i].ToArray();
        return arguments;
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("config", -2, null)
        {
            Group = CommandGroup.Server, Since = "2.0.0",
            Summary = "A container for server configuration commands",
            Complexity = "Depends on subcommand.",
            Subcommands =
            [
                new("get", -3, &ConfigGet)
                {
                    Group = CommandGroup.Server, Since = "2.0.0", Flags = CommandFlags.Administration,
                    Summary = "Get the values of configuration parameters",
                    Complexity = "O(N) when N is the number of configuration parameters provided",
                    History = [("7.0.0", "Added the ability to pass multiple pattern parameters in one call")],
                    Arguments = "parameter{parameter}...",
                },
                HelpReply.Row(CommandGroup.Server, "5.0.0", &ConfigHelp),
                new("resetstat", 2, &ConfigResetStat)
                {
                    Group = CommandGroup.Server, Since = "2.0.0", Flags = CommandFlags.Administration,
                    Summary = "Reset the stats returned by INFO",
                    Complexity = "O(1)",
                },
                new("rewrite", 2, &ConfigRewrite)
                {
                    Group = CommandGroup.Server, Since = "2.8.0", Flags = CommandFlags.Administration,
                    Summary = "Rewrite the configuration file with the in memory configuration",
                    Complexity = "O(1)",
                },
                new("set", -4, &ConfigSet)
                {
                    Group = CommandGroup.Server, Since = "2.0.0", Flags = CommandFlags.Administration,
                    Summary = "Set configuration parameters to the given values",
                    Complexity = "O(N) when N is the number of configuration parameters provided",
                    History = [("7.0.0", "Added the ability to set multiple parameters in one call.")],
                    Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"],
                    Arguments = "parameter_value{parameter value}...",
                },
            ],
        });
    }
}
