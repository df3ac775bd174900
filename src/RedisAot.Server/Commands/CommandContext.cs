namespace RedisAot.Server.Commands;

/// <summary>What a handler sees of the request it answers.</summary>
public sealed class CommandContext;
