namespace RedisAot.Server.Persistence;

/// <summary>A big value that is written piece by piece, as it is when that begins, while commands go on.</summary>
/// <param name="writer">Takes the first pieces.</param>
internal abstract class ValueWalk(RdbWriter writer)
{
    /// <summary>Takes the pieces: at first perhaps into memory, until all that comes before the value has been written.</summary>
    public RdbWriter Writer { get; set; } = writer;

    /// <summary>Whether commands may change the value meanwhile; else it must be finished before.</summary>
    public virtual bool ToleratesChanges => false;

    /// <summary>Goes on until <paramref name="endTicks"/>, by one piece at least; true when all has been written.</summary>
    public abstract bool Continue(long endTicks);

    /// <summary>Lets go of the value, be it all written or not.</summary>
    public virtual void End()
    {
    }
}
