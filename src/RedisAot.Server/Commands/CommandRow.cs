using System.Text;
using RedisAot.Server.Diagnostics;

namespace RedisAot.Server.Commands;

/// <summary>
/// Everything the server knows about one command or subcommand. A row is written beside its handler:
/// <code>
///   table.Add(new("getrange", 4, &amp;GetRange)
///   {
///       Group = CommandGroup.String, Since = "2.4.0", Flags = CommandFlags.ReadOnly, Categories = AclCategories.String,
///       Summary = "Get a substring of the string stored at a key",
///       Complexity = "O(N) where N is the length of the returned string. ...",
///       Keys = [KeySpec.At(1, KeyFlags.RO | KeyFlags.Access)],
///       Arguments = "key#0 start:integer end:integer",
///   });
/// </code>
/// </summary>
public sealed unsafe class CommandRow
{
    /// <summary>Declared name in lower case, without the container's: <c>get</c>, or <c>get</c> of <c>config|get</c>.</summary>
    public readonly string Name;

    /// <summary>Number of arguments with the command's name (and subcommand's); negative: at least that many.</summary>
    public readonly int Arity;

    /// <summary>The code to run; null for a container, which is only run through its subcommands.</summary>
    public readonly delegate*<CommandContext, void> Handler;

    /// <summary>Calls that reached the handler.</summary>
    public long Calls;

    /// <summary>Time spent in the handler, in microseconds.</summary>
    public long Microseconds;

    /// <summary>Calls refused before the handler ran.</summary>
    public long RejectedCalls;

    /// <summary>Calls whose handler replied with an error.</summary>
    public long FailedCalls;

    /// <summary>Durations of the calls; null until there is one, or while <c>latency-tracking</c> is off.</summary>
    public LatencyHistogram? Latencies;

    private readonly CommandNameIndex _subcommands = new();
    private CommandArgument[]? _arguments;

    /// <param name="name">Lower case; a subcommand is written without its container.</param>
    /// <param name="arity">See <see cref="Arity"/>.</param>
    /// <param name="handler">Null for a container.</param>
    public CommandRow(string name, int arity, delegate*<CommandContext, void> handler)
    {
        Name = name;
        Arity = arity;
        Handler = handler;
        FullName = name;
        FullNameUtf8 = Encoding.UTF8.GetBytes(name);
    }

    /// <summary>The name that ACL rules and statistics use: <c>get</c>, <c>config|get</c>.</summary>
    public string FullName { get; private set; }

    /// <summary><see cref="FullName"/> in bytes.</summary>
    public byte[] FullNameUtf8 { get; private set; }

    /// <summary>The container of a subcommand.</summary>
    public CommandRow? Parent { get; private set; }

    /// <summary>Dense number from 0 on, the bit of this row in ACL bitmaps. Subcommands have their own.</summary>
    public int Id { get; internal set; } = -1;

    public CommandFlags Flags { get; set; }

    /// <summary>The categories of the row; those that the flags imply are added when the row enters the table.</summary>
    public AclCategories Categories { get; set; }

    public required CommandGroup Group { get; init; }

    /// <summary>The version that introduced it.</summary>
    public required string Since { get; init; }

    public required string Summary { get; init; }

    public string? Complexity { get; init; }

    public CommandDocFlags DocFlags { get; init; }

    public string? DeprecatedSince { get; init; }

    public string? ReplacedBy { get; init; }

    /// <summary>What changed, by version.</summary>
    public (string Version, string Change)[] History { get; init; } = [];

    /// <summary>Tips for clients and proxies, such as <c>nondeterministic_output</c>.</summary>
    public string[] Tips { get; init; } = [];

    public KeySpec[] Keys { get; init; } = [];

    /// <summary>The arguments that are channels.</summary>
    public ChannelArguments Channels { get; init; }

    /// <summary>The databases that it works on.</summary>
    public DatabaseUse Databases { get; init; }

    /// <summary>The rule for keys that <see cref="Keys"/> cannot express.</summary>
    public KeyFinder KeyFinder { get; init; }

    /// <summary>The argument that is a member (field) of the collection under the first key; 0: none. Pipelines fetch it into the cache ahead.</summary>
    public int MemberArgument { get; init; }

    /// <summary>The arguments, in the notation of <see cref="ArgumentSyntax"/>.</summary>
    public string? Arguments { get; init; }

    /// <summary>The rows of a container's subcommands, in the order written.</summary>
    public CommandRow[] Subcommands { get; init; } = [];

    public bool IsSubcommand => Parent is not null;

    /// <summary>Whether this many arguments, the command's name included, satisfy <see cref="Arity"/>.</summary>
    public bool AcceptsArgumentCount(int count) => Arity > 0 ? count == Arity : count >= -Arity;

    /// <summary>The subcommand of that name in any case, or null.</summary>
    public CommandRow? FindSubcommand(ReadOnlySpan<byte> name) => _subcommands.Find(name);

    /// <summary>The tree of <see cref="Arguments"/>, parsed when first asked for.</summary>
    public CommandArgument[] ArgumentTree => _arguments ??= ArgumentSyntax.Parse(Arguments);

    /// <summary>First, last and step of the keys in the form that <c>COMMAND</c> has had since 2.8.13; zeros for none.</summary>
    public LegacyKeyRange LegacyKeys { get; private set; }

    /// <summary>Completes the row when it enters the table.</summary>
    internal void Seal()
    {
        Categories = AclCategoryNames.WithImplied(Categories, Flags);
        LegacyKeys = LegacyKeyRange.Of(Keys, out var movable);
        if (movable)
            Flags |= CommandFlags.MovableKeys;

        foreach (var subcommand in Subcommands)
        {
            subcommand.Parent = this;
            subcommand.FullName = $"{Name}|{subcommand.Name}";
            subcommand.FullNameUtf8 = Encoding.UTF8.GetBytes(subcommand.FullName);
            subcommand.Seal();
            if (!_subcommands.TryAdd(Encoding.UTF8.GetBytes(subcommand.Name), subcommand))
                throw new ArgumentException($"two rows for {subcommand.FullName}");
        }
    }
}
