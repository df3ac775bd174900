namespace RedisAot.Server.Configuration;

/// <summary>
/// Bounds of the replies waiting for one client: over <paramref name="HardBytes"/> it is closed at once, over
/// <paramref name="SoftBytes"/> after <paramref name="SoftSeconds"/>; 0 means no bound.
/// </summary>
public readonly record struct OutputBufferLimit(long HardBytes, long SoftBytes, long SoftSeconds);

/// <summary><c>client-output-buffer-limit class hard soft seconds …</c>.</summary>
internal sealed class OutputBufferLimitDirective() : Directive("client-output-buffer-limit", DirectiveFlags.MultiArg)
{
    private const long Megabyte = 1 << 20;

    private static readonly OutputBufferLimit DefaultNormal = default;
    private static readonly OutputBufferLimit DefaultReplica = new(256 * Megabyte, 64 * Megabyte, 60);
    private static readonly OutputBufferLimit DefaultPubSub = new(32 * Megabyte, 8 * Megabyte, 60);

    public override void Reset(ServerConfig config)
    {
        config.OutputBufferLimitNormal = DefaultNormal;
        config.OutputBufferLimitReplica = DefaultReplica;
        config.OutputBufferLimitPubSub = DefaultPubSub;
    }

    public override ConfigChange Set(ServerConfig config, ReadOnlySpan<byte[]> arguments, out string? error)
    {
        OutputBufferLimit normal = config.OutputBufferLimitNormal;
        OutputBufferLimit replica = config.OutputBufferLimitReplica;
        OutputBufferLimit pubSub = config.OutputBufferLimitPubSub;
        error = arguments.Length % 4 == 0 ? null : "Wrong number of arguments in buffer limit configuration.";
        for (int i = 0; i < arguments.Length && error == null; i += 4)
        {
            ReadOnlySpan<byte> name = arguments[i];
            bool isNormal = AsciiText.EqualsIgnoreCase(name, "normal"u8);
            bool isPubSub = AsciiText.EqualsIgnoreCase(name, "pubsub"u8);
            bool isReplica = AsciiText.EqualsIgnoreCase(name, "slave"u8) || AsciiText.EqualsIgnoreCase(name, "replica"u8);
            if (!isNormal && !isPubSub && !isReplica)
                error = "Invalid client class specified in buffer limit configuration.";
            else if (!TryParse(arguments.Slice(i + 1, 3), out OutputBufferLimit limit))
                error = "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
            else if (isNormal) normal = limit;
            else if (isReplica) replica = limit;
            else pubSub = limit;
        }

        if (error != null) return ConfigChange.Refused;
        config.OutputBufferLimitNormal = normal;
        config.OutputBufferLimitReplica = replica;
        config.OutputBufferLimitPubSub = pubSub;
        return ConfigChange.Changed;
    }

    public override byte[] Get(ServerConfig config) => Ascii(string.Join(
        ' ',
        Show("normal", config.OutputBufferLimitNormal),
        Show("slave", config.OutputBufferLimitReplica),
        Show("pubsub", config.OutputBufferLimitPubSub)));

    public override void Rewrite(ServerConfig config, ConfigRewriter rewriter)
    {
        RewriteClass(rewriter, "normal", config.OutputBufferLimitNormal, DefaultNormal);
        RewriteClass(rewriter, "replica", config.OutputBufferLimitReplica, DefaultReplica);
        RewriteClass(rewriter, "pubsub", config.OutputBufferLimitPubSub, DefaultPubSub);
    }

    private void RewriteClass(ConfigRewriter rewriter, string name, OutputBufferLimit limit, OutputBufferLimit initial)
    {
        string text = $"{name} {MemorySize.Format(limit.HardBytes)} {MemorySize.Format(limit.SoftBytes)} {limit.SoftSeconds}";
        rewriter.Write(Name, Ascii(text), force: limit != initial);
    }

    private static string Show(string name, OutputBufferLimit limit) =>
        $"{name} {(ulong)limit.HardBytes} {(ulong)limit.SoftBytes} {limit.SoftSeconds}";

    private static bool TryParse(ReadOnlySpan<byte[]> arguments, out OutputBufferLimit limit)
    {
        bool valid = MemorySize.TryParse(arguments[0], out ulong hard);
        valid &= MemorySize.TryParse(arguments[1], out ulong soft);
        valid &= AsciiText.TryParsePrefixedInteger(arguments[2], 10, out long seconds) && seconds >= 0;
        limit = new OutputBufferLimit((long)hard, (long)soft, seconds);
        return valid;
    }
}
