using RedisAot.Server.Process;
using Signals = RedisAot.Server.Configuration.SignalShutdown;

namespace RedisAot.Server.Configuration;

/// <summary>What values of single directives have to satisfy beyond their type. Null means fine, otherwise the official error text.</summary>
internal static class DirectiveChecks
{
    /// <summary>The longest host name, with the terminating zero of the official server's buffer.</summary>
    private const int HostNameLimit = 256;

    public static string? DbFileName(ServerConfig _, string value) =>
        IsBaseName(value) ? null : "dbfilename can't be a path, just a filename";

    public static string? AppendFileName(ServerConfig _, string value)
    {
        if (value.Length == 0) return "appendfilename can't be empty";
        return IsBaseName(value) ? null : "appendfilename can't be a path, just a filename";
    }

    public static string? AppendDirName(ServerConfig _, string value)
    {
        if (value.Length == 0) return "appenddirname can't be empty";
        return IsBaseName(value) ? null : "appenddirname can't be a path, just a dirname";
    }

    public static string? SignalShutdown(Signals value) =>
        (value & (Signals.Save | Signals.NoSave)) == (Signals.Save | Signals.NoSave)
            ? "shutdown options SAVE and NOSAVE can't be used simultaneously"
            : null;

    public static string? AnnouncedHostname(ServerConfig _, string value)
    {
        if (value.Length >= HostNameLimit) return $"Hostnames must be less than {HostNameLimit} characters";
        foreach (char c in value)
            if (!char.IsAsciiLetterOrDigit(c) && c is not '-' and not '.')
                return "Hostnames may only contain alphanumeric characters, hyphens or dots";
        return null;
    }

    public static string? AnnouncedNodeName(ServerConfig _, string value)
    {
        if (value.Length >= HostNameLimit) return $"Announced human node name must be less than {HostNameLimit} characters";
        foreach (char c in value)
            if (!char.IsAsciiLetterOrDigit(c) && c is not '-' and not '.' and not '_')
                return "Announced human node name contained invalid character";
        return null;
    }

    /// <summary>Every brace opens a known variable, and even without a title something is left to show.</summary>
    public static string? ProcTitleTemplate(ServerConfig config, string value) =>
        string.IsNullOrEmpty(ProcTitle.Expand(config, value, title: ""))
            ? "template format is invalid or contains unknown variables"
            : null;

    private static bool IsBaseName(string value) => !value.Contains('/') && !value.Contains('\\');
}
