using System.Text;
using RedisAot.Server.Clients;
using RedisAot.Server.Persistence;
using RedisAot.Server.Process;

namespace RedisAot.Server.Replication;

/// <summary>
/// The clients that have asked for a synchronisation. A snapshot for them is written to a file of its own, which is then sent to
/// all who have asked by then; while another save goes on, they wait for it. Used under the execution lock.
/// </summary>
internal sealed class ReplicaLinks
{
    private readonly RedisServer _server;
    private readonly List<ReplicaLink> _links = [];

    public ReplicaLinks(RedisServer server)
    {
        _server = server;
        server.Cron.EverySecond(KeepAlive);
    }

    /// <summary>The replicas, in the order in which they came.</summary>
    public IReadOnlyList<ReplicaLink> All => _links;

    private bool AnyWaitsForSnapshot => _links.Exists(link => link.State == ReplicaState.WaitsForSnapshot);

    /// <summary>Makes a client a replica, which gets a snapshot as soon as there is one. All that it asks has been checked.</summary>
    public void Synchronize(ReplicaLink link)
    {
        _server.Stats.FullSynchronizations++;
        // From here on only what is sent without being asked may reach the client, lest a reply stand within the file.
        link.Client.ReplyMode = ReplyMode.Off;
        link.Client.UpdateGate();
        link.State = ReplicaState.WaitsForSnapshot;
        _links.Add(link);
        if (link.IsFiltered)
            SendWithoutData(link);
        else if (_server.Snapshots.Background == null)
            BeginSnapshotIfWanted();
        else if (_server.Snapshots.Background.IsForReplicas)
            AwaitFile(link);
        else
            ServerLog.Notice("Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for SYNC");
    }

    /// <summary>Begins a snapshot if a replica waits for one. None is being written.</summary>
    public void BeginSnapshotIfWanted()
    {
        if (!AnyWaitsForSnapshot)
            return;
        ServerLog.Notice("Starting BGSAVE for SYNC with target: disk");
        bool begun = _server.Snapshots.TryBeginSaveForReplicas();
        if (!begun)
            ServerLog.Warning("BGSAVE for replication failed");
        foreach (ReplicaLink link in _links.FindAll(link => link.State == ReplicaState.WaitsForSnapshot))
        {
            if (begun)
                AwaitFile(link);
            else
                Refuse(link, "-ERR BGSAVE failed, replication can't continue\r\n"u8);
        }
    }

    /// <summary>The snapshot is complete: sends it. Takes the file's name away.</summary>
    /// <param name="path">The file; null when there is none, the snapshot having failed or been given up.</param>
    public void OnSnapshotEnded(string? path)
    {
        foreach (ReplicaLink link in _links.FindAll(link => link.State == ReplicaState.WaitsForFile))
        {
            if (path == null)
            {
                ServerLog.Warning("SYNC failed. BGSAVE child returned an error");
                Drop(link);
            }
            else if (RdbTransfer.TryBegin(_server, link, path, out string? error))
            {
                link.State = ReplicaState.ReceivesFile;
            }
            else
            {
                ServerLog.Warning($"SYNC failed. Can't open/stat DB after BGSAVE: {error}");
                Drop(link);
            }
        }
        // Whoever sends it has it open: so nothing is left of it, however the process ends.
        if (path != null)
            LibC.DeleteFile(path);
    }

    /// <summary>A client leaves. A snapshot that nobody waits for any more is given up.</summary>
    public void Forget(Client client)
    {
        if (client.Replica is not { IsActive: true } link)
            return;
        _links.Remove(link);
        link.Transfer?.Continue();
        bool wasLast = link.State == ReplicaState.WaitsForFile && !_links.Exists(other => other.State == ReplicaState.WaitsForFile);
        link.State = ReplicaState.None;
        if (wasLast && _server.Snapshots.Background is { IsForReplicas: true })
            _server.Snapshots.AbandonBackgroundSave();
    }

    // So that neither side takes the other for dead. A replica passes over newlines before the file.
    private void KeepAlive()
    {
        foreach (ReplicaLink link in _links)
        {
            if (link.State != ReplicaState.ReceivesFile)
                link.Client.Connection!.Append("\n"u8);
        }
    }

    private void AwaitFile(ReplicaLink link)
    {
        link.State = ReplicaState.WaitsForFile;
        SendHistory(link);
    }

    private void SendHistory(ReplicaLink link)
    {
        if (link.WantsHistory)
            link.Client.Connection!.Append(Encoding.ASCII.GetBytes($"+FULLRESYNC {_server.ReplicationId} 0\r\n"));
    }

    private unsafe void SendWithoutData(ReplicaLink link)
    {
        using RdbWriter writer = new(null, _server.Config.RdbCompression);
        using RdbSaver saver = new(_server, writer, asBaseOfAof: false);
        saver.WriteHead();
        saver.WriteEnd();
        SendHistory(link);
        link.Client.Connection!.Append(Encoding.ASCII.GetBytes($"${writer.Position}\r\n"));
        link.Client.Connection.Append(new ReadOnlySpan<byte>(writer.Written, (int)writer.Position));
        link.State = ReplicaState.ReceivesFile;
        link.Client.CloseAfterReply = true;
    }

    private static void Refuse(ReplicaLink link, ReadOnlySpan<byte> error)
    {
        link.Client.CloseAfterReply = true;
        link.Client.Connection!.Append(error);
    }

    private void Drop(ReplicaLink link)
    {
        // Its own command may be what ended the snapshot.
        if (link.Client == _server.Executor.ActiveClient)
            link.Client.CloseAfterReply = true;
        else
            _server.FreeClient(link.Client);
    }
}
