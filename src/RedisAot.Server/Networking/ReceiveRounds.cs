namespace RedisAot.Server.Networking;

/// <summary>
/// Puts off the next receive of connections whose sockets have just been emptied until the loop has served its other
/// sockets. Received from at once, such a socket has nothing yet, so that every request would cost a receive in vain; a
/// round later the client that is busy has sent its next request. That takes a wake-up a round, so rounds go on only
/// while enough connections gain by them; now and then one is tried. Used on the loop's thread only.
/// </summary>
internal sealed class ReceiveRounds(WakePair wake)
{
    /// <summary>Receives saved that outweigh the wake-up of a round.</summary>
    private const int WorthwhileHits = 6;

    /// <summary>How many receives go by between two trials.</summary>
    private const int TrialInterval = 256;

    private List<Connection> _waiting = [];
    private List<Connection> _running = [];
    private int _untilTrial = TrialInterval;

    /// <summary>Has the connection receive in the next round; false when it is to receive at once, as no rounds are held.</summary>
    public bool Takes(Connection connection)
    {
        if (_untilTrial > 0)
        {
            _untilTrial--;
            return false;
        }
        if (_waiting.Count == 0)
            wake.Signal();
        _waiting.Add(connection);
        return true;
    }

    /// <summary>Called when the loop has been woken: the connections that wait receive.</summary>
    public void Run()
    {
        if (_waiting.Count == 0)
            return;
        (_waiting, _running) = (_running, _waiting);
        int hits = 0;
        foreach (Connection connection in _running)
        {
            if (connection.ReceiveDeferred())
                hits++;
        }
        _running.Clear();
        if (hits < WorthwhileHits)
            _untilTrial = TrialInterval;
    }
}
