namespace RedisAot.Server.Configuration;

/// <summary>The configuration of one server, and who wants to hear of its changes.</summary>
public sealed partial class ServerConfig
{
    /// <summary>Rounds a second below which <c>hz</c> is raised.</summary>
    public const int MinHz = 1;

    /// <summary>Rounds a second above which <c>hz</c> is lowered.</summary>
    public const int MaxHz = 500;

    /// <summary>Bytes below which <c>repl-backlog-size</c> is raised when it is changed.</summary>
    public const long MinReplBacklogSize = 16 * 1024;

    private readonly Dictionary<Directive, List<Func<string?>>> _hooks = [];

    /// <summary>Every directive has its default.</summary>
    public ServerConfig()
    {
        foreach (Directive directive in DirectiveTable.All) directive.Reset(this);
        OnChanged(ClampHz, "hz");
        OnChanged(ClampReplBacklogSize, "repl-backlog-size");
    }

    /// <summary>Absolute path of the configuration file; null when the server was started without one.</summary>
    public string? ConfigFile { get; set; }

    /// <summary>The <c>user</c> lines of the file: word by word, with the word <c>user</c>.</summary>
    public List<byte[][]> UserDeclarations { get; } = [];

    /// <summary>The <c>rename-command</c> lines of the file in their order; an empty new name removes the command.</summary>
    public List<(byte[] Name, byte[] NewName)> RenamedCommands { get; } = [];

    /// <summary>The <c>loadmodule</c> lines of the file: path and arguments.</summary>
    public List<byte[][]> LoadModules { get; } = [];

    /// <summary>The users as <c>user</c> lines without the word <c>user</c>, for CONFIG REWRITE; null when they live in an ACL file.</summary>
    public Func<IEnumerable<byte[]>>? DescribeUsers { get; set; }

    /// <summary>Whether a file is being read, where directives such as <c>save</c> add up.</summary>
    internal bool IsReadingFile { get; set; }

    /// <summary>Whether a <c>save</c> line has replaced the defaults already.</summary>
    internal bool SaveSeenInFile { get; set; }

    /// <summary>
    /// Has CONFIG SET call <paramref name="apply"/> after one of the directives got a new value; once, if several did.
    /// A text that it answers refuses the change: all directives of that CONFIG SET go back, and it is called again.
    /// Not called while the file and the command line are read.
    /// </summary>
    public void OnChanged(Func<string?> apply, params ReadOnlySpan<string> directives)
    {
        foreach (string name in directives)
        {
            Directive directive = Require(name);
            if (!_hooks.TryGetValue(directive, out List<Func<string?>>? hooks)) _hooks[directive] = hooks = [];
            hooks.Add(apply);
        }
    }

    /// <summary>What has to be applied after a change of the directive.</summary>
    internal IReadOnlyList<Func<string?>> HooksOf(Directive directive) =>
        _hooks.TryGetValue(directive, out List<Func<string?>>? hooks) ? hooks : [];

    /// <summary>The value of a directive as CONFIG GET shows it.</summary>
    public byte[] Get(string directive) => Require(directive).Get(this);

    /// <summary>Brings values that files may give out of range into it.</summary>
    internal string? ClampHz()
    {
        Hz = Math.Clamp(Hz, MinHz, MaxHz);
        return null;
    }

    private string? ClampReplBacklogSize()
    {
        ReplBacklogSize = Math.Max(ReplBacklogSize, MinReplBacklogSize);
        return null;
    }

    private static Directive Require(string name) =>
        DirectiveTable.Find(System.Text.Encoding.ASCII.GetBytes(name))?.Directive
        ?? throw new ArgumentException($"There is no directive named {name}.", nameof(name));
}
