using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Units;

/// <summary>Where an HTTP device says a property, and where it takes a new value; paths are relative to the URL of the connection.</summary>
public sealed record DeviceHttp
{
    /// <summary>What is asked for with GET.</summary>
    public string? Path { get; init; }

    /// <summary>Where in a JSON answer the value is (RFC 6901); absent: the whole answer is the value, as text.</summary>
    public string? Pointer { get; init; }

    public HttpWrite? Write { get; init; }
}

/// <summary>How a new value is sent.</summary>
public sealed record HttpWrite
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public HttpWriteMethod Method { get; init; }

    /// <summary>Absent: the path that is read.</summary>
    public string? Path { get; init; }

    /// <summary>Where the value goes in a JSON object that holds nothing else; absent: the pointer that is read, and without it text.</summary>
    public string? Pointer { get; init; }
}

[JsonConverter(typeof(WordConverter<HttpWriteMethod>))]
public enum HttpWriteMethod
{
    [JsonStringEnumMemberName("put")]
    Put,

    [JsonStringEnumMemberName("post")]
    Post,
}

/// <summary>A header that is sent with every request.</summary>
public sealed record HttpHeader(string Name, EquatableArray<ContentPart> Value);
