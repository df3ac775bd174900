namespace RedisAot.Bench;

/// <summary>A row of the table: something to measure on both servers.</summary>
/// <param name="name">Words, by which a row is chosen.</param>
public abstract class Workload(string name)
{
    public string Name { get; } = name;

    public string[] Words => Name.Split(' ');

    /// <summary>Whether a run that names no rows leaves this one out, because it takes so long or so much.</summary>
    public virtual bool OnlyWhenChosen => false;

    public abstract IEnumerable<Figure> Measure();

    protected static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
