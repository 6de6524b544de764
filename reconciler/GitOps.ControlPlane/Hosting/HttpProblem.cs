using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Bundles;
using Microsoft.AspNetCore.Http;

namespace GitOps.ControlPlane.Hosting;

/// <summary>A problem as HTTP says it (RFC 9457), with our code and what to do.</summary>
public sealed record HttpProblem(string Type, string Title, int Status, string Detail, string Code, string Fix)
{
    private const string MediaType = "application/problem+json";

    /// <summary>The same as what programs of ours speak of.</summary>
    public Problem ToProblem() => new(Code, Detail, Fix);

    /// <summary>Answers a request with a problem.</summary>
    public static Task WriteAsync(HttpContext context, int status, ErrorCode code, string what, string fix) =>
        WriteAsync(context, new HttpProblem($"urn:gitops:error:{code.Id}", code.Summary, status, what, code.Id, fix));

    /// <inheritdoc cref="WriteAsync(HttpContext, int, ErrorCode, string, string)"/>
    public static Task WriteAsync(HttpContext context, int status, Problem problem) => WriteAsync(
        context,
        new HttpProblem($"urn:gitops:error:{problem.Code}", $"error {problem.Code}", status, problem.What, problem.Code, problem.Fix));

    private static async Task WriteAsync(HttpContext context, HttpProblem problem)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(problem, HttpProblemJson.Default.HttpProblem);
        context.Response.StatusCode = problem.Status;
        context.Response.ContentType = MediaType;
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>Null when the bytes are no problem of ours.</summary>
    public static HttpProblem? TryRead(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, HttpProblemJson.Default.HttpProblem);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(HttpProblem))]
internal sealed partial class HttpProblemJson : JsonSerializerContext;
