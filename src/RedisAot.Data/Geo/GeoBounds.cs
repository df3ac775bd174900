namespace RedisAot.Data;

/// <summary>A range of longitudes and one of latitudes, in degrees.</summary>
public readonly record struct GeoBounds(double West, double South, double East, double North);
