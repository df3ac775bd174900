namespace RedisAot.Server.Networking;

/// <summary>
/// Has replies wait until the loop has served its other sockets, so that one write to the append-only file, and one
/// synchronisation with the disk, is enough for all commands of the round. That takes a wake-up a round, so unless the disk is
/// waited for, rounds go on only while enough replies come together; now and then one is tried. Used on the loop's thread only.
/// </summary>
internal sealed class CommitRounds(WakePair wake)
{
    /// <summary>Writes saved that outweigh the wake-up of a round.</summary>
    private const int WorthwhileReplies = 3;

    /// <summary>How many replies go by between two trials.</summary>
    private const int TrialInterval = 64;

    private int _held;
    private int _untilTrial;

    /// <summary>
    /// Whether replies that may not leave before the file has been written are to wait for the end of the round; false when they
    /// are to leave at once.
    /// </summary>
    /// <param name="waitsForDisk">Whether the file is synchronised too before they leave.</param>
    /// <param name="comesToAnEnd">Whether the loop comes to the end of the round without being woken.</param>
    public bool Holds(bool waitsForDisk, bool comesToAnEnd)
    {
        if (_untilTrial > 0 && !waitsForDisk && !comesToAnEnd)
        {
            _untilTrial--;
            return false;
        }
        if (_held++ == 0 && !comesToAnEnd)
            wake.Signal();
        return true;
    }

    /// <summary>Called when the loop has been woken and what was held is being sent.</summary>
    public void End()
    {
        if (_held == 0)
            return;
        _untilTrial = _held < WorthwhileReplies ? TrialInterval : 0;
        _held = 0;
    }
}
