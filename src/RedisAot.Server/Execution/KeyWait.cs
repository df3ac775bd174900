using RedisAot.Resp;
using RedisAot.Server.Clients;
using RedisAot.Server.Commands;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Execution;

/// <summary>One client that is in a blocking command, and what is to be done for it once one of its keys is ready.</summary>
internal sealed unsafe class KeyWait
{
    /// <summary>Who waits.</summary>
    public required Client Client { get; init; }

    /// <summary>Where the keys are: the database that the client has selected.</summary>
    public required Database Database { get; init; }

    /// <summary>The command that waits.</summary>
    public required CommandRow Row { get; init; }

    /// <summary>Its arguments, a stored vector.</summary>
    public required ArgumentVector Arguments { get; init; }

    /// <summary>A key with a value of another type is as good as missing.</summary>
    public required DataType Type { get; init; }

    /// <summary>Unix ms of the time-out, or <see cref="BlockedClients.Forever"/>.</summary>
    public required long DeadlineMs { get; init; }

    /// <summary>Unix ms when the client may be served although no key became ready, or <see cref="BlockedClients.Forever"/>.</summary>
    public long RetryMs { get; set; } = BlockedClients.Forever;

    /// <summary>Unix ms when there is something to do for the wait: a wait lasts through the millisecond of its deadline.</summary>
    public long DueMs => Math.Min(DeadlineMs == BlockedClients.Forever ? DeadlineMs : DeadlineMs + 1, RetryMs);

    /// <summary>See <see cref="BlockedClients.Block"/>.</summary>
    public required delegate*<CommandContext, int, object?, bool> Serve { get; init; }

    /// <summary>See <see cref="BlockedClients.Block"/>.</summary>
    public required delegate*<CommandContext, int, object?, bool> ServeLost { get; init; }

    /// <summary>What <see cref="Serve"/> has to know beside the arguments.</summary>
    public required object? State { get; init; }

    /// <summary>Whether CLIENT REPLY keeps the reply back.</summary>
    public required bool IsSilent { get; init; }

    /// <summary>The places in the queues of the keys; a key that is named twice counts once.</summary>
    public List<Waiter> Places { get; } = [];

    /// <summary>How long the command ran before it blocked, µs.</summary>
    public long Microseconds { get; set; }

    /// <summary>Whether <see cref="Serve"/> runs now: should its reply cost the client the connection, the arguments are still in use.</summary>
    public bool IsBeingServed { get; set; }

    /// <summary>The place in the heap of time-outs; -1: in none.</summary>
    public int HeapIndex { get; set; } = -1;
}

/// <summary>The place of one wait in the queue of one key.</summary>
/// <param name="wait">Who waits.</param>
/// <param name="key">For what.</param>
/// <param name="argument">Which argument of the command the key is.</param>
internal sealed class Waiter(KeyWait wait, BlockedKey key, int argument)
{
    /// <summary>Who waits.</summary>
    public KeyWait Wait { get; } = wait;

    /// <summary>For what.</summary>
    public BlockedKey Key { get; } = key;

    /// <summary>Which argument of the command the key is.</summary>
    public int Argument { get; } = argument;

    /// <summary>Who came before; null for the first.</summary>
    public Waiter? Previous { get; set; }

    /// <summary>Who came after. It stays when the waiter leaves, so that whoever walks the queue finds on.</summary>
    public Waiter? Next { get; set; }

    /// <summary>Whether the waiter has left the queue.</summary>
    public bool HasLeft { get; set; }
}
