namespace RedisAot.Data;

/// <summary>Is told of the nodes of a list before they change; see <see cref="Quicklist.Watch"/>. It may read them, but not change the list.</summary>
public abstract unsafe class QuicklistWatcher
{
    /// <summary>The first or the last node is about to change or to go.</summary>
    public abstract void BeforeChangeAtEnd(QuicklistNode* node);

    /// <summary>Nodes anywhere are about to change, to be split or to be merged.</summary>
    public abstract void BeforeRearrangement();
}
