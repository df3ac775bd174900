namespace RedisAot.Server.Configuration;

/// <summary>A configuration that cannot be used; the server does not start.</summary>
public sealed class ConfigFileException : Exception
{
    private ConfigFileException(string message, int line, string text)
        : base(message)
    {
        Line = line;
        Text = text;
    }

    /// <summary>Number of the line at fault, from 1; 0 when no single line is.</summary>
    public int Line { get; }

    /// <summary>The line at fault, one character a byte.</summary>
    public string Text { get; }

    /// <summary>Whether the file itself could not be opened, which is logged and not shown as an error of the file.</summary>
    public bool IsUnreadable { get; private init; }

    /// <summary>An error in a line.</summary>
    public static ConfigFileException InLine(int line, string text, string message) => new(message, line, text);

    /// <summary>An error of the whole.</summary>
    public static ConfigFileException OfWhole(string message) => new(message, 0, "");

    /// <summary>A file that could not be opened.</summary>
    public static ConfigFileException Unreadable(string path, string reason) =>
        new($"Fatal error, can't open config file '{path}': {reason}", 0, "") { IsUnreadable = true };

    /// <summary>The text that official Redis prints before it exits with status 1.</summary>
    public string Describe(string version)
    {
        string where = Line == 0 ? "" : $"Reading the configuration file, at line {Line}\n>>> '{Text}'\n";
        return $"\n*** FATAL CONFIG FILE ERROR (Redis {version}) ***\n{where}{Message}\n";
    }
}
