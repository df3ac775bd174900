using System.Globalization;
using System.Text;

namespace RedisAot.Bench;

/// <summary>Places of a map to search.</summary>
public static class Places
{
    /// <summary>Adds 20 000 places to "map", spread evenly over Sicily and the sea around it.</summary>
    public static void Fill(RespClient client)
    {
        const int places = 20_000, batch = 500;
        var random = new Random(1);
        var command = new StringBuilder();
        for (int first = 0; first < places; first += batch)
        {
            command.Clear().Append("GEOADD map");
            for (int i = first; i < first + batch; i++)
                command.Append(CultureInfo.InvariantCulture, $" {10 + (random.NextDouble() * 10):F6} {35 + (random.NextDouble() * 5):F6} place:{i}");
            client.Call(command.ToString());
        }
    }
}
