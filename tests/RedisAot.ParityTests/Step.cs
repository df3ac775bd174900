namespace RedisAot.ParityTests;

internal enum StepKind
{
    /// <summary>A command line: split into arguments, sent as an array of bulk strings.</summary>
    Command,

    /// <summary>Bytes on a new connection, then end of input; everything that comes back is the answer.</summary>
    Raw,

    /// <summary>Bytes on a new connection, which the server must close by itself.</summary>
    RawUntilClosed,

    /// <summary>Bytes on the current connection; no reply is awaited.</summary>
    Send,

    /// <summary>Awaits one more reply on the current connection.</summary>
    Read,

    /// <summary>Awaits replies on the current connection up to one that contains the text.</summary>
    ReadUntil,

    /// <summary>Repeats a SCAN-like command with {cursor} until it comes back to 0; the elements are the answer.</summary>
    Scan,

    /// <summary>Switches to the connection of that name, opened when first named.</summary>
    SwitchConnection,

    /// <summary>Closes the current connection from the client's side.</summary>
    CloseConnection,

    /// <summary>Lets this many milliseconds pass.</summary>
    Wait,
}

/// <summary>How the answers to one step are made comparable.</summary>
internal enum Normalization
{
    Exact,
    Unordered,
    UnorderedPairs,
    Type,
    Near,
    Digits,
    Addresses,
    Lines,
    Counts,
    Fields,
    Names,
    Subset,
    Ignored,
}

/// <summary>One line of a corpus file that does something, loops unrolled.</summary>
internal sealed record Step(StepKind Kind, string Text, int LineNumber)
{
    /// <summary>Replies awaited after a command.</summary>
    public int Replies { get; init; } = 1;

    public Normalization Normalization { get; init; }

    /// <summary>How far integers may lie apart under <see cref="Normalization.Near"/>.</summary>
    public long Tolerance { get; init; }

    /// <summary>Keeps the reply's text under this name, for {saved:name} later on.</summary>
    public string? SaveAs { get; init; }

    /// <summary>The expected reply in the notation of ReplyNotation, for blocks that the official server cannot answer.</summary>
    public string? Expected { get; init; }
}

/// <summary>A part of a corpus file that starts from an empty server.</summary>
internal sealed record Block(string File, string Title, int LineNumber)
{
    public IReadOnlyList<int> Protocols { get; init; } = [2];

    /// <summary>Start-up arguments of servers that only this block uses; null to use the shared ones.</summary>
    public string? ServerArguments { get; init; }

    /// <summary>True if what the commands propagate and the keyspace events are compared too.</summary>
    public bool ComparesEffects { get; init; }

    /// <summary>True if the official server lacks what the block asks for: replies are compared with those in the file.</summary>
    public bool IsNewer { get; init; }

    public IReadOnlyList<Step> Steps { get; init; } = [];
}
