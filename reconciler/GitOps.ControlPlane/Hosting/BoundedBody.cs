using Microsoft.AspNetCore.Http;

namespace GitOps.ControlPlane.Hosting;

/// <summary>Reads request bodies that may not be trusted to end.</summary>
internal static class BoundedBody
{
    /// <summary>The whole body; null when it is longer than the limit.</summary>
    public static async Task<byte[]?> ReadAsync(HttpRequest request, int limitBytes, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limitBytes)
        {
            return null;
        }

        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int length;
        while ((length = await request.Body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            if (body.Length + length > limitBytes)
            {
                return null;
            }

            body.Write(buffer, 0, length);
        }

        return body.ToArray();
    }
}
