using System.Globalization;
using RedisAot.Server.Clients;

namespace RedisAot.Server.Replication;

/// <summary>How far a replica's synchronisation has come.</summary>
internal enum ReplicaState
{
    /// <summary>It has not asked for one.</summary>
    None,

    /// <summary>A snapshot has to begin that contains what the replica is to get.</summary>
    WaitsForSnapshot,

    /// <summary>The snapshot is being written.</summary>
    WaitsForFile,

    /// <summary>The file is being sent.</summary>
    ReceivesFile,
}

/// <summary>What the server knows of a client as a replica (REPLCONF). Used under the execution lock.</summary>
internal sealed class ReplicaLink(Client client)
{
    /// <summary>The session.</summary>
    public Client Client { get; } = client;

    /// <summary>How far the synchronisation has come.</summary>
    public ReplicaState State { get; set; }

    /// <summary>Whether SYNC or PSYNC made the client a replica.</summary>
    public bool IsActive => State != ReplicaState.None;

    /// <summary>Whether a snapshot is all that is wanted, and none of the changes after it.</summary>
    public bool WantsRdbOnly { get; set; }

    /// <summary>Whether the end of a file of unknown length is recognised.</summary>
    public bool KnowsEndMark { get; set; }

    /// <summary>Whether some of the data set is to be left out, which today is all of it: there are no functions yet.</summary>
    public bool IsFiltered { get; set; }

    /// <summary>Whether the replica wants to be told which history the snapshot belongs to (PSYNC).</summary>
    public bool WantsHistory { get; set; }

    /// <summary>The port that the replica says it listens on; 0: it does not.</summary>
    public long ListeningPort { get; set; }

    /// <summary>The address that the replica gives as its own; null: it does not.</summary>
    public string? AnnouncedAddress { get; set; }

    /// <summary>How much of the stream of changes the replica says it has, bytes.</summary>
    public long AcknowledgedOffset { get; set; }

    /// <summary>The file that is being sent; null while there is none.</summary>
    public RdbTransfer? Transfer { get; set; }

    /// <summary>The replica's address without a port.</summary>
    public string Address
    {
        get
        {
            string remote = Client.Connection!.RemoteAddress;
            return AnnouncedAddress ?? remote[..remote.LastIndexOf(':')].Trim('[', ']');
        }
    }

    /// <summary>What the log calls the replica.</summary>
    public string Name => $"{Address}:{(ListeningPort == 0 ? "<unknown-replica-port>" : ListeningPort.ToString(CultureInfo.InvariantCulture))}";

    /// <summary>What INFO calls the state.</summary>
    public string StateName => State == ReplicaState.ReceivesFile ? "send_bulk" : "wait_bgsave";
}
