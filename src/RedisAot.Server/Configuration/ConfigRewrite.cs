using RedisAot.Server.Process;

namespace RedisAot.Server.Configuration;

/// <summary>CONFIG REWRITE.</summary>
public static class ConfigRewrite
{
    private const int DefaultMode = 0b110_100_100;

    /// <summary>Brings the configuration file up to date; the file is replaced in one step.</summary>
    /// <param name="config">A configuration with a file.</param>
    /// <param name="forceAll">Write also what has its default.</param>
    /// <returns>The system's error text, or null.</returns>
    public static string? Run(ServerConfig config, bool forceAll = false)
    {
        string path = config.ConfigFile ?? throw new InvalidOperationException("There is no configuration file to rewrite.");
        byte[]? old = File.Exists(path) ? LibC.ReadFile(path, out string? error) : ReadNothing(out error);
        if (old == null) return error;
        byte[] content = Render(config, old, forceAll);
        return LibC.ReplaceFile(path, content, DefaultMode & ~Umask());
    }

    /// <summary>A configuration file brought up to date.</summary>
    /// <param name="config">The values.</param>
    /// <param name="oldContent">The file as it is; empty for a new one.</param>
    /// <param name="forceAll">Write also what has its default.</param>
    public static byte[] Render(ServerConfig config, ReadOnlySpan<byte> oldContent, bool forceAll)
    {
        var rewriter = new ConfigRewriter(oldContent, forceAll);
        foreach (Directive directive in DirectiveTable.All)
        {
            directive.Rewrite(config, rewriter);

            // Lines that are not needed any more (a second save, for example) are blanked.
            rewriter.MarkProcessed(directive.Name);
        }
        RewriteUsers(config, rewriter);
        rewriter.MarkProcessed("loadmodule");
        return rewriter.Finish();
    }

    private static void RewriteUsers(ServerConfig config, ConfigRewriter rewriter)
    {
        if (config.DescribeUsers is { } describe && config.AclFile.Length == 0)
            foreach (byte[] user in describe()) rewriter.Write("user", user, force: true);
        if (config.DescribeUsers != null || config.AclFile.Length > 0) rewriter.MarkProcessed("user");
    }

    private static byte[] ReadNothing(out string? error)
    {
        error = null;
        return [];
    }

    /// <summary>The bits that new files do not get. Asking umask() itself would change it for a moment in all threads.</summary>
    private static int Umask()
    {
        const string Key = "Umask:";
        foreach (string line in File.ReadLines("/proc/self/status"))
            if (line.StartsWith(Key, StringComparison.Ordinal)) return Convert.ToInt32(line[Key.Length..].Trim(), 8);
        return 0;
    }
}
